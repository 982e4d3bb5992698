import type { Permission, UnsupportedReason } from '../presentation/presentation'
import type { PushView } from '../push/push-port'
import type { ConnectionView } from '../connection/connection-view'
import type { Inbox } from '../inbox/inbox'
import type { Settings } from '../storage/settings'
import type { User } from '@herald/protocol'

/** Who is signed in, as a person sees it. */
export interface SessionView {
  readonly status: 'restoring' | 'signedOut' | 'signedIn'
  readonly server: string
  readonly user: User | null
  readonly deviceId: string
  readonly endedBecause: string | null
  /** Whose messages wait here, unseen, for that person to sign in again. */
  readonly kept: User | null
}

/** Where the client shows what it has: the store. Services know it only by this. */
export interface View {
  session(patch: Partial<SessionView>): void
  connection(
    patch: Partial<ConnectionView & { networkOnline: boolean; leader: boolean; storageFailed: boolean }>,
  ): void
  inbox(inbox: Inbox): void
  /** Storage was loaded. */
  ready(): void
  settings(settings: Settings): void
  permission(permission: Permission, unsupported: UnsupportedReason | null): void
  /** How a push reaches this device. */
  push(view: PushView): void
  /** Nothing of the user may be seen any more. */
  clear(): void
}
