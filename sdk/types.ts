import type { App, ComputedRef, Ref } from 'vue'
import type { Message, TopicList } from '@herald/protocol'
import type { GivenWords } from '../locale/given'
import type { Log } from '../services/log'
import type { MessageFilter } from '../services/inbox/message-list'
import type { BadgePlaces } from '../services/platform/platform-options'
import type { Platform, PlatformHooks } from '../services/platform/platform-port'
import type { BannerPlace, Permission } from '../services/presentation/presentation'
import type { PushOptions } from '../services/push/push-port'
import type { AskSwitch } from '../services/session/sign-in'
import type { Settings } from '../services/storage/settings'
import type { FeedRecord } from '../services/storage/storage'
import type { OpenedFrom } from '../store/core'
import type { ConnectionState, HeraldState, SessionState } from '../store/state'

/** What a Vuex 4 store is to Herald. */
export interface VuexStoreLike {
  hasModule(path: string): boolean
  registerModule(path: string, module: never): unknown
  dispatch(type: string, payload: unknown): unknown
}

/** What was opened. A summary of many messages names none. */
export interface OpenTarget {
  readonly message?: Message | undefined
  readonly feed?: string
  readonly link?: string | undefined
  readonly from: OpenedFrom
}

/** Pages of the host that Herald may open. */
export interface Routes {
  /** The page of a message; null: none is opened. */
  readonly message?: (message: Message) => string | null
  /** The page of a message that loads it by its id: it opens without waiting for the message. */
  readonly messageById?: (id: string) => string
  /** The page with the list. A tab is switched to. */
  readonly inbox?: string | null
}

/** What a host decides. Everything but `server` may be left out, and then touches nothing of the host's. */
export interface HeraldOptions {
  /** The gateway's address; '' on H5: the page's own origin. */
  readonly server: string
  /** Brings a JWT or token of the host's backend; null: nobody is signed in. Absent: people sign in by `signIn`. */
  readonly token?: (() => Promise<string | null>) | undefined
  /** Begins the name of all that is stored, locked or shared between tabs. Two apps of one origin need two. */
  readonly namespace?: string | undefined
  /** Every change is a commit of this Vuex store, in a module of Herald's. */
  readonly store?: VuexStoreLike | undefined
  /** What that module is called; `herald` when absent. */
  readonly storeName?: string | undefined
  readonly badge?: Partial<BadgePlaces> | undefined
  /** Notifications of the system and pushes; on when absent. Nobody is asked for permission by itself. */
  readonly system?: boolean | undefined
  /** H5: address of the service worker from the app's root. None when absent, and then no notifications of the system either. */
  readonly worker?: string | false | undefined
  /** H5: the worker keeps all of the app's files for a start without a network. */
  readonly keepShell?: boolean | undefined
  /** H5: draws the banner over all pages; on when absent. Elsewhere the App has a native one, and pages have `herald-banner`. */
  readonly banner?: boolean | undefined
  readonly icons?: { readonly notification?: string; readonly badge?: string } | undefined
  /** App: all that lies in the tray is Herald's, and may be cleared. */
  readonly ownsTray?: boolean | undefined
  readonly routes?: Routes | undefined
  /** Something was opened; true: the host has shown it, and no route is opened. */
  readonly onOpen?: ((target: OpenTarget) => boolean | undefined) | undefined
  readonly push?: PushOptions | undefined
  /**
   * Words in the place of Herald's, and languages that it does not have, by language (a BCP 47 tag) and key. What a language lacks
   * is English, of a Chinese one Chinese. For all of the page, also where it has several Heralds.
   */
  readonly messages?: GivenWords | undefined
  /** What the app is called in Herald's words; `Herald` when absent. */
  readonly appName?: string | undefined
  readonly log?: Log | undefined
  /** @internal Stands in for the device and the gateway: for tests and previews. */
  readonly platform?:
    ((hooks: PlatformHooks, open: (hooks: PlatformHooks) => Platform) => Platform) | undefined
  /** H5: resolves when the host's first page is drawn; the code that connects is fetched then. At once when absent. */
  readonly whenDrawn?: (() => Promise<void>) | undefined
  /** @internal H5: brings the code that connects, for Herald's own app, which packs more into that chunk. */
  readonly loadClient?: (() => Promise<ClientCode>) | undefined
}

/** @internal The code that connects, which H5 fetches after the first page. */
export interface ClientCode {
  readonly start: (herald: Herald) => void
}

/** What a host can hear of. */
export interface HeraldEvents {
  /** A message came. Not `fresh`: it is from before the connection, and was caught up on. */
  readonly message: { readonly message: Message; readonly fresh: boolean }
  readonly open: OpenTarget
  readonly unread: { readonly total: number; readonly byFeed: Readonly<Record<string, number>> }
  readonly connection: ConnectionState
  readonly session: SessionState
  /** For instance `module_missing` at `SQLite`. */
  readonly error: { readonly code: string; readonly where: string }
}

/** The messages of whoever is signed in. With nobody, reads are empty and writes do nothing. */
export interface HeraldMessages {
  /** Those that this device has, newest first. */
  readonly list: (filter?: Partial<MessageFilter>) => readonly Message[]
  /** From this device, else from the gateway; undefined when it is no longer retained. Rejects with ApiError. */
  readonly get: (id: string) => Promise<Message | undefined>
  /** Loads older ones from the gateway until about 30 more pass the filter. Failures stand in `state.notifications.history`. */
  readonly loadOlder: (filter?: Partial<MessageFilter>) => Promise<{ readonly end: boolean }>
  /** Whether `loadOlder` would find any. */
  readonly hasOlder: (filter?: Partial<MessageFilter>) => boolean
  /** Marks messages, by id or as they are, as read: here, and now or at the next connection everywhere. */
  readonly read: (which: string | Message | readonly (string | Message)[]) => Promise<void>
  readonly readAll: (feed?: string | null) => Promise<void>
  /** Deletes messages from this device for good. They count as read. */
  readonly hide: (ids: readonly string[]) => Promise<void>
  /** Asks the gateway for what is new, over HTTP too, and dials if there is no connection. Rejects with ApiError. */
  readonly refresh: () => Promise<void>
  readonly isUnread: (message: Message) => boolean
  readonly unreadOf: (feed: string) => number
  /** Tells whether somebody reads below the top of a list, or looks for something: then all its rows are kept. */
  readonly setReading: (below: boolean) => void
}

/** The feeds that the person follows. Writes reject with ApiError. */
export interface HeraldFeeds {
  readonly list: () => readonly FeedRecord[]
  readonly follow: (feed: string) => Promise<void>
  readonly unfollow: (feed: string) => Promise<void>
  /** No alerts of it; it is still listed and counted. */
  readonly mute: (feed: string, on: boolean) => Promise<void>
  /** Topics that hold messages, for somebody who looks for one to follow. */
  readonly topics: () => Promise<TopicList>
}

/** What a person chooses on this device. */
export interface HeraldSettings {
  readonly update: (patch: Partial<Settings>) => void
  /** Asks the system for the right to notify. From a tap: browsers ignore it otherwise. */
  readonly requestPermission: () => Promise<Permission>
  readonly canOpenSystemSettings: () => boolean
  /** False: this platform has none. */
  readonly openSystemSettings: () => boolean
  /** Shows a message that nobody sent, as a real one would be shown. */
  readonly test: () => Promise<void>
}

/** One Herald in a host's app: a plugin of Vue (`app.use(herald)`). */
export interface Herald {
  readonly namespace: string
  readonly state: HeraldState
  readonly unread: ComputedRef<number>
  readonly messages: HeraldMessages
  readonly feeds: HeraldFeeds
  readonly settings: HeraldSettings
  readonly banner: {
    /** Where the page on show wants it. */
    readonly place: Ref<BannerPlace>
    readonly dismiss: () => void
  }
  readonly connection: {
    /** Dials now, whatever the backoff says. */
    readonly reconnect: () => void
  }
  readonly install: (app: App) => void
  /** Starts it. `createHerald` does so by itself; on H5 after the first page. */
  readonly start: () => void
  /** The host's user changed: `token` is asked again. The same person keeps everything. */
  readonly identify: () => Promise<void>
  /** False: whoever was asked about taking another's place did not want it. Rejects with SignInError. */
  readonly signIn: (
    by: { readonly token: string; readonly server?: string } | { readonly link: string },
    ask?: AskSwitch,
  ) => Promise<boolean>
  /** Signs out, offline too: nothing of the person stays on this device. */
  readonly signOut: () => Promise<void>
  /** Shows the count on the tab bar again; tab pages call it in onShow. */
  readonly applyBadge: () => void
  /** Opens a message, or the list of a summary, as a tap on it would; from a `list` when absent. */
  readonly open: (what: Message | { readonly inbox: true }, from?: OpenedFrom) => void
  readonly on: <Name extends keyof HeraldEvents>(
    event: Name,
    hear: (event: HeraldEvents[Name]) => void,
  ) => () => void
}
