import type { PushRegistration } from '@herald/protocol'

/** What `plus.push.getClientInfo` tells. Fields are missing or null until the service has given them. */
export interface PlusClientInfo {
  readonly clientid?: string | null
  readonly token?: string | null
  /** What Getui calls the app. */
  readonly appid?: string | null
}

/** The native plugin of JPush (github.com/jpush/jpush-hbuilder-plugin, doc/API.md). */
export interface JPushPlugin {
  getRegistrationID(callback: (result: { code?: number; registerID?: string }) => void): void
}

/** What the App is to the push services. */
export interface AppIdentity {
  readonly platform: 'ios' | 'android'
  /** The bundle id on iOS: APNs' topic. Asked for when there is a token for it. */
  readonly bundleId: () => string | undefined
  /** What DCloud calls the app. */
  readonly dcloudId: string | undefined
  readonly apnsEnvironment: 'production' | 'sandbox'
  /** JPush's app key, as the build was told: its plugin does not tell it. */
  readonly jpushKey: string | undefined
}

/** What the services have given. */
export interface GivenTokens {
  /** uni-push's client id. */
  readonly cid: string | undefined
  readonly info: PlusClientInfo
  readonly registrationId: string | undefined
}

/** The registrations in the order in which the gateway is to try them: the system's own first. */
export function plusRegistrations(identity: AppIdentity, given: GivenTokens): PushRegistration[] {
  const { info } = given
  const found: PushRegistration[] = []
  const common = { environment: 'production', kind: 'alert' } as const
  const apns = identity.platform === 'ios' ? apnsToken(info.token) : undefined
  const bundleId = apns === undefined ? undefined : text(identity.bundleId())
  if (apns !== undefined && bundleId !== undefined) {
    const environment = identity.apnsEnvironment
    found.push({ ...common, provider: 'apns', app: bundleId, environment, token: apns })
  }
  const cid = text(given.cid) ?? text(info.clientid)
  const getuiApp = text(info.appid) ?? identity.dcloudId
  if (cid !== undefined && getuiApp !== undefined)
    found.push({ ...common, provider: 'unipush', app: getuiApp, token: cid })
  const registrationId = text(given.registrationId)
  if (registrationId !== undefined && identity.jpushKey !== undefined)
    found.push({ ...common, provider: 'jpush', app: identity.jpushKey, token: registrationId })
  return found
}

/**
 * The device token as hex. Old systems describe the bytes as `<8x8 hex groups>`; the description that newer ones print
 * (`{length = 32, bytes = 0x… }`) leaves bytes out, so it is no token.
 */
function apnsToken(token: string | null | undefined): string | undefined {
  const hex = token?.replace(/[<>\s]/g, '').toLowerCase()
  return hex !== undefined && hex.length >= 64 && /^(?:[0-9a-f]{2})+$/.test(hex) ? hex : undefined
}

/** Bridges write a missing value in their own ways. */
function text(value: string | null | undefined): string | undefined {
  return value && value !== 'null' && value !== 'undefined' ? value : undefined
}
