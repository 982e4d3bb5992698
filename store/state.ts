import { markRaw, reactive } from 'vue'
import type { Message, User } from '@herald/protocol'
import type { Alert, Permission, UnsupportedReason } from '../services/presentation/presentation'
import type { PushView } from '../services/push/push-port'
import { defaultSettings, type Settings } from '../services/storage/settings'
import type { FeedRecord } from '../services/storage/storage'

/** Who is signed in, and where. The token is not here: pages have no use for it. */
export interface SessionState {
  readonly status: 'restoring' | 'signedOut' | 'signedIn'
  /** The gateway's address without a slash at the end; on the sign-in page the one to offer. */
  readonly server: string
  readonly user: User | null
  readonly deviceId: string
  /** The code that ended the last session (`token_revoked`, `token_expired` …); null after a wanted sign-out. */
  readonly endedBecause: string | null
  /** Whose messages wait on this device, unseen, for that person to sign in again. */
  readonly kept: User | null
}

/** The connection as pages show it. */
export interface ConnectionState {
  readonly name: 'stopped' | 'suspended' | 'waiting' | 'connecting' | 'live'
  /** The code that stopped it, or the last one that closed it. */
  readonly code: number | null
  readonly closeName: string | null
  /** When it dials again, in ms since 1970; null when it does not wait. */
  readonly retryAt: number | null
  readonly networkOnline: boolean
  /** Whether this tab holds the socket; always true where there are no tabs. */
  readonly leader: boolean
  /** Whether what arrives can currently not be kept on this device. */
  readonly storageFailed: boolean
}

/** How the loading of older messages goes. `error` is a code of the catalogue or of ApiError. */
export interface HistoryState {
  readonly loading: boolean
  readonly error: string | null
  readonly end: boolean
}

/** The inbox as pages see it. Rows are plain: markRaw keeps Vue from making 10,000 of them reactive. */
export interface NotificationsState {
  readonly feeds: Readonly<Record<string, FeedRecord>>
  readonly rows: readonly Message[]
  readonly hidden: ReadonlySet<string>
  readonly banner: Alert | null
  readonly history: HistoryState
  /** Whether storage was loaded; until then an empty list means nothing. */
  readonly ready: boolean
}

/** The saved settings, and what the system says about notifications (which is not ours to save). */
export interface SettingsState extends Settings {
  readonly permission: Permission
  /** Whether the system has said so: it is asked a moment after the list is shown. */
  readonly permissionKnown: boolean
  /** Why there can be no system notifications here; null when there can. */
  readonly unsupported: UnsupportedReason | null
  /** How a push reaches this device; null: not known yet. */
  readonly push: PushView
}

/** Everything that a page may read. Only changes.ts writes it. */
export interface HeraldState {
  readonly session: SessionState
  readonly connection: ConnectionState
  readonly notifications: NotificationsState
  readonly settings: SettingsState
}

/** An inbox before anything of it is known, and after a sign-out. */
export const emptyNotifications = (): NotificationsState => ({
  feeds: markRaw({}),
  rows: markRaw([]),
  hidden: markRaw(new Set<string>()),
  banner: null,
  history: { loading: false, error: null, end: false },
  ready: false,
})

/** The state of one Herald, before it has started. */
export function createState(): HeraldState {
  const state: HeraldState = {
    session: {
      ...{ status: 'restoring', server: '', user: null, deviceId: '' },
      ...{ endedBecause: null, kept: null },
    },
    connection: {
      ...{ name: 'stopped', code: null, closeName: null, retryAt: null },
      ...{ networkOnline: true, leader: true, storageFailed: false },
    },
    notifications: emptyNotifications(),
    settings: {
      ...defaultSettings,
      ...{ permission: 'default', permissionKnown: false, unsupported: null, push: null },
    },
  }
  return reactive<HeraldState>(state)
}
