import type { DeviceBody, ProviderName, PushPayload, PushRegistration, PushServices } from '@herald/protocol'

/** What no interface of a phone tells of the package that it runs. */
export interface PushOptions {
  /** Which of Apple's servers take this package's tokens; absent: a build for development registers for the sandbox. */
  readonly apnsEnvironment?: 'sandbox' | 'production' | undefined
  /** The bundle id on iOS; absent: the system is asked. */
  readonly bundleId?: string | undefined
  /** JPush's app key; absent: its plugin is not used, whether it is there or not. */
  readonly jpushAppKey?: string | undefined
  /** HarmonyOS: what Getui calls the app; absent: DCloud's app id. */
  readonly getuiAppId?: string | undefined
}

/**
 * Why no push service rings this device. `permission`: the person has not allowed notifications. `off`: switched off
 * in Herald's settings. `service`: the package has no push service. `pending`: the service has not given a token yet. `server`: the gateway has no credentials for
 * what this device has. `old_server`: it is too old to push. `refused`: it does not accept the address.
 * `failed`: the push service did not answer. `no_gateway`: this person has a chat account only. The others are those of UnsupportedReason.
 */
export type NoPush =
  | 'permission'
  | 'off'
  | 'service'
  | 'pending'
  | 'server'
  | 'old_server'
  | 'refused'
  | 'failed'
  | 'no_gateway'
  | 'insecure'
  | 'home_screen'
  | 'browser'
  | 'platform'
  | 'module'

/** How a push reaches this device, for a person: by a service, or why by none; null: not known yet. */
export type PushView = { readonly provider: ProviderName } | { readonly none: NoPush } | null

/** What an installation can be reached by now. `none` says why there is nothing. */
export type FoundTokens =
  { readonly registrations: readonly [PushRegistration, ...PushRegistration[]] } | { readonly none: NoPush }

/** A push that came to this device. `shown`: the system has shown it already. */
export interface ArrivedPush {
  readonly payload: PushPayload
  readonly shown: boolean
}

/** What has to be known of a session where the app's own storage cannot be read: in a service worker. */
export interface KeptSession {
  readonly server: string
  readonly token: string
  readonly recipient: string
  readonly device: string
  /** The registration as it was sent, to send it again when the browser changes the subscription. */
  readonly body: DeviceBody
}

/** The push services of a platform. */
export interface PushPort {
  /** The registrations that this installation has. Asks nobody for permission. Never rejects. */
  find(services: PushServices): Promise<FoundTokens>
  /** One handler: a token came late, or was replaced. */
  onChange(handler: () => void): void
  /** One handler; what came before it (cold start) is handed to it at once. Only what is meant for this user comes. */
  onPush(handler: (push: ArrivedPush) => void): void
  /** Keeps the session for when the app does not run. */
  keep(session: KeptSession): Promise<void>
}

/** Where nothing pushes, for instance in mini-programs, to which WeChat gives no push. */
export const noPush = (none: NoPush): PushPort => ({
  find: () => Promise.resolve({ none }),
  onChange: () => undefined,
  onPush: () => undefined,
  keep: () => Promise.resolve(),
})
