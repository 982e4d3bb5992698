import type { Device } from '@herald/protocol'
import type { SendRequest } from '../api/http'
import type {
  Alert,
  BadgePort,
  BannerPlace,
  BannerPort,
  SystemPort,
  TonePort,
  Translate,
} from '../presentation/presentation'
import type { PushPort } from '../push/push-port'
import type { OpenAccount } from '../session/client-ports'
import type { TokenProvider } from '../session/token-supply'
import type { OpenSocket } from '../socket/socket'
import type { InboxStorage, KeyValue } from '../storage/storage'
import type { Tabs } from '../tabs/tabs'
import type { PlatformOptions } from './platform-options'

/** What H5 does by a service worker. */
export interface WorkerSide extends Pick<Platform, 'system' | 'loadPush'> {
  /** Absent where the browser has none. */
  readonly container: ServiceWorkerContainer | undefined
}

/** H5: opens what goes by a service worker, and registers that. `worker` is its address from the app's root. */
export type OpenWorker = (worker: string, hooks: PlatformHooks) => WorkerSide

/** What a platform needs of the app. */
export interface PlatformHooks {
  readonly options: PlatformOptions
  /** Absent: this app has no service worker, and so neither notifications of the system nor pushes on H5. */
  readonly openWorker?: OpenWorker | undefined
  readonly t: Translate
  /** BCP 47 language of the words. */
  readonly language: () => string
  /** The store's banner, which the page draws; the App has a native one instead. */
  readonly pageBanner: BannerPort
  /** Whether alerts may show what a message says. */
  readonly preview: () => boolean
  readonly isDark: () => boolean
  /** Where the page on show wants the banner. */
  readonly bannerPlace: () => BannerPlace
  /** Calls back when there are other words, colours or another place for the banner: what is drawn by hand is drawn anew. */
  readonly onLook: (changed: () => void) => void
  /** How many messages are unread. */
  readonly unread: () => number
  readonly openAlert: (alert: Alert) => void
  readonly dismissBanner: () => void
}

/** What happens to the app from outside. */
export interface PlatformEvents {
  /** The user came to the app (to this tab), or left it. */
  visible(visible: boolean): void
  network(network: 'lost' | 'regained'): void
  /** The page is about to go. */
  leave(): void
  /** Another tab changed what is saved. */
  stored(): void
}

/** One platform: everything that differs between App, H5 and mini-programs. */
export interface Platform {
  readonly keyValue: KeyValue
  readonly storage: InboxStorage
  readonly sendRequest: SendRequest
  readonly openSocket: OpenSocket
  readonly tabs: Tabs
  readonly banner: BannerPort
  readonly system: SystemPort
  readonly tone: TonePort
  readonly badge: BadgePort
  /** Shows the count on the tab bar again; uni refuses to set it while another page is on top. */
  readonly applyBadge: () => void
  readonly deviceId: string
  readonly device: () => Device
  /** What the app calls itself in the gateway's list of tokens. */
  readonly label: () => string
  /** Where the app is a part of another one: brings that app's tokens. */
  readonly token?: TokenProvider | undefined
  /** The gateway to offer; '' when there is none to guess. */
  readonly defaultServer: string
  readonly transport: 'https' | 'any'
  /** Modules that the package lacks, by their name in the manifest: what they are for is done another way, or not at all. */
  readonly missingModules: readonly string[]
  readonly whenHidden: 'suspend' | 'stay'
  readonly visible: boolean
  /** On H5 a chunk of its own, so that who is not signed in does not wait for it. */
  readonly loadAccount: () => Promise<OpenAccount>
  /** The push services; on H5 a chunk of its own. */
  readonly loadPush: () => Promise<PushPort>
  /** Ends what push services and workers know of whoever was signed in here. */
  readonly forgetPush: () => Promise<void>
  readonly listen: (events: PlatformEvents) => void
}
