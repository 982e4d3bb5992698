import { markRaw } from 'vue'
import type { Module } from 'vuex'
import type { Message } from '@herald/protocol'
import type { Inbox } from '../../services/inbox/inbox'
import type { FeedRecord } from '../../services/storage/storage'
import type { Alert } from '../../services/presentation/presentation'

/** How the loading of older messages goes. `error` is a code of the catalogue or of ApiError. */
export interface HistoryState {
  readonly loading: boolean
  readonly error: string | null
  readonly end: boolean
}

/** The inbox as pages see it. Rows are plain: markRaw keeps Vue from making 10,000 of them reactive. */
export interface NotificationsState {
  feeds: Readonly<Record<string, FeedRecord>>
  rows: readonly Message[]
  hidden: ReadonlySet<string>
  banner: Alert | null
  history: HistoryState
  /** Whether storage was loaded; until then an empty list means nothing. */
  ready: boolean
}

const emptyState = (): NotificationsState => ({
  feeds: markRaw({}),
  rows: markRaw([]),
  hidden: markRaw(new Set<string>()),
  banner: null,
  history: { loading: false, error: null, end: false },
  ready: false,
})

/** Mutations only assign; nobody outside store/ names them. */
export const notificationsModule: Module<NotificationsState, unknown> = {
  namespaced: true,
  state: emptyState,
  mutations: {
    inbox(state, inbox: Inbox) {
      if (state.feeds !== inbox.feeds) state.feeds = markRaw(inbox.feeds)
      if (state.rows !== inbox.rows) state.rows = markRaw(inbox.rows)
      if (state.hidden !== inbox.hidden) state.hidden = markRaw(inbox.hidden)
    },
    ready(state, ready: boolean) {
      state.ready = ready
    },
    banner(state, alert: Alert | null) {
      state.banner = alert && markRaw(alert)
    },
    history(state, history: HistoryState) {
      state.history = history
    },
    clear(state) {
      Object.assign(state, emptyState())
    },
  },
}
