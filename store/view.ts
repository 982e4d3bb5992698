import type { View } from '@/services/session/view'
import { InboxCommits } from './inbox-commits'
import { store } from './index'

const inboxCommits = new InboxCommits((inbox) => {
  store.commit('notifications/inbox', inbox)
})

/** What the services show, committed to the store. */
export const view: View = {
  session(patch) {
    store.commit('session/update', patch)
  },
  connection(patch) {
    store.commit('connection/update', patch)
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
