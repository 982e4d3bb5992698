import type { PushOptions } from '../push/push-port'
import type { TokenProvider } from '../session/token-supply'

/** Where the unread count is shown. */
export interface BadgePlaces {
  /** Which tab of the tab bar, from 0; null: none. */
  readonly tab: number | null
  /** H5: before the page's title. */
  readonly title: boolean
  /** On the icon of the app. */
  readonly icon: boolean
}

/** What whoever builds the app decides of what Herald does in it. */
export interface PlatformOptions {
  /** Begins the name of everything that is stored, locked or shared: two apps of one origin, or in one package, keep apart by it. */
  readonly namespace: string
  /** The gateway; absent: the one that was used last, or on H5 the page's own origin. */
  readonly server?: string | undefined
  /** Brings the tokens of whoever is signed in in the host's app; absent: people sign in here. */
  readonly token?: TokenProvider | undefined
  readonly badge: BadgePlaces
  /** Notifications of the system and pushes. */
  readonly system: boolean
  /** H5: address of the service worker, from the app's root; false: none is registered. */
  readonly worker: string | false
  /** H5: the worker keeps all of the app's files, so that it starts without a network. */
  readonly keepShell: boolean
  /** H5: addresses of the pictures of a notification, from the app's root. */
  readonly icons: { readonly notification?: string | undefined; readonly badge?: string | undefined }
  /**
   * App: everything in the tray is Herald's. Else Herald takes away only what it can tell to be its own, and leaves on iOS, where
   * an app can only clear all, everything where it is.
   */
  readonly ownsTray: boolean
  readonly push: PushOptions
}

const NAMESPACE = /^[a-z][a-z0-9-]{0,31}$/

/** The options as they are used: what is left out touches nothing of the host but the icon of an App. Throws for a namespace that no storage takes. */
export function completeOptions({ badge, ...given }: GivenOptions, isApp: boolean): PlatformOptions {
  const { namespace = 'herald' } = given
  if (!NAMESPACE.test(namespace))
    throw new TypeError(`the namespace ${namespace} is not of a-z, 0-9 and "-", or not begun by a letter`)
  return {
    ...{ system: true, worker: false, keepShell: false, icons: {}, ownsTray: false, push: {} },
    ...given,
    namespace,
    badge: { tab: null, title: false, icon: isApp, ...badge },
  }
}

/** The options as a host gives them. */
export type GivenOptions = Partial<Omit<PlatformOptions, 'badge'>> & {
  readonly badge?: Partial<BadgePlaces> | undefined
}
