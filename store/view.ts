import type { View } from '../services/session/view'
import { InboxCommits } from './inbox-commits'
import { store } from './index'

const inboxCommits = new InboxCommits((inbox) => {
  store.commit('notifications/inbox', inbox)
})

let visible = true
let unseen: Parameters<View['connection']>[0] = {}

/**
 * Whether anybody can see the app. While nobody can, states of the connection wait, and the last counts: without a network
 * they change twice with each dial, and each change would be a message to the webview of each page.
 */
export function setVisible(shown: boolean): void {
  visible = shown
  if (!shown || Object.keys(unseen).length === 0) return
  store.commit('connection/update', unseen)
  unseen = {}
}

/** What the services show, committed to the store. */
export const view: View = {
  session(patch) {
    store.commit('session/update', patch)
  },
  connection(patch) {
    if (visible) store.commit('connection/update', patch)
    else unseen = { ...unseen, ...patch }
  },
  inbox(inbox) {
    inboxCommits.add(inbox)
  },
  ready() {
    inboxCommits.flush()
    store.commit('notifications/ready', true)
  },
  banner(alert) {
    store.commit('notifications/banner', alert)
  },
  settings(settings) {
    store.commit('settings/update', settings)
  },
  permission(permission, unsupported) {
    store.commit('settings/update', { permission, unsupported })
  },
  push(push) {
    store.commit('settings/update', { push })
  },
  clear() {
    inboxCommits.drop()
    store.commit('notifications/clear')
  },
}

/** Brings the store up to date now, for who reads it right after a deed. */
export function flushInbox(): void {
  inboxCommits.flush()
}
