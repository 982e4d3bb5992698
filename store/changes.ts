import { markRaw } from 'vue'
import type { Inbox } from '../services/inbox/inbox'
import type { Alert } from '../services/presentation/presentation'
import {
  emptyNotifications,
  type ConnectionState,
  type HeraldState,
  type HistoryState,
  type NotificationsState,
  type SessionState,
  type SettingsState,
} from './state'

type Writable<State> = { -readonly [Field in keyof State]: State[Field] }

/** Everything that can change the state: with Vuex these are the mutations. They only assign. */
export const changes = {
  session(state: HeraldState, patch: Partial<SessionState>): void {
    Object.assign(state.session, patch)
  },
  connection(state: HeraldState, patch: Partial<ConnectionState>): void {
    Object.assign(state.connection, patch)
  },
  settings(state: HeraldState, patch: Partial<SettingsState>): void {
    Object.assign(state.settings, patch)
  },
  inbox(state: HeraldState, inbox: Inbox): void {
    const list: Writable<NotificationsState> = state.notifications
    if (list.feeds !== inbox.feeds) list.feeds = markRaw(inbox.feeds)
    if (list.rows !== inbox.rows) list.rows = markRaw(inbox.rows)
    if (list.hidden !== inbox.hidden) list.hidden = markRaw(inbox.hidden)
  },
  ready(state: HeraldState, ready: boolean): void {
    Object.assign(state.notifications, { ready })
  },
  banner(state: HeraldState, alert: Alert | null): void {
    Object.assign(state.notifications, { banner: alert && markRaw(alert) })
  },
  history(state: HeraldState, history: HistoryState): void {
    Object.assign(state.notifications, { history })
  },
  clear(state: HeraldState, _nothing: null): void {
    Object.assign(state.notifications, emptyNotifications())
  },
}

export type ChangeName = keyof typeof changes

/** What each change is given. */
export type ChangeOf<Name extends ChangeName> = Parameters<(typeof changes)[Name]>[1]

/** Makes one change. */
export type Commit = <Name extends ChangeName>(name: Name, given: ChangeOf<Name>) => void

/** Makes a change on a state. */
export function applyChange<Name extends ChangeName>(
  state: HeraldState,
  name: Name,
  given: ChangeOf<Name>,
): void {
  const change = changes[name] as (state: HeraldState, given: ChangeOf<Name>) => void
  change(state, given)
}
