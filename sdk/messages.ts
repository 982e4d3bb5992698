import { codeOf } from '../services/api/api-error'
import {
  findMessage,
  hasOlder,
  isUnread,
  listMessages,
  unreadOf,
  type MessageFilter,
} from '../services/inbox/message-list'
import type { HeraldCore } from '../store/core'
import type { HeraldMessages } from './types'

const whole = (filter: Partial<MessageFilter> = {}): MessageFilter => ({
  ...{ unreadOnly: false, feed: null, search: '' },
  ...filter,
})

/** Reads and writes of messages, for whoever is signed in. */
export function messagesOf(core: HeraldCore, account: HeraldCore['access']['account']): HeraldMessages {
  const { writer, view, access } = core
  const list = writer.state.notifications
  return {
    list: (filter) => listMessages(list, whole(filter)),
    // What the list has opens without waiting for the code that connects.
    get: async (id) => findMessage(list, id) ?? (await account())?.fetchMessage(id),
    async loadOlder(filter) {
      writer.commit('history', { loading: true, error: null, end: false })
      try {
        const end = (await (await account())?.history.loadOlder(whole(filter))) ?? true
        // Else the page would see "not loading" before it sees the rows, and load again.
        view.flush()
        writer.commit('history', { loading: false, error: null, end })
        return { end }
      } catch (error) {
        writer.commit('history', { loading: false, error: codeOf(error), end: false })
        return { end: false }
      }
    },
    hasOlder: (filter) => hasOlder(list, whole(filter)),
    async read(which) {
      const all = Array.isArray(which) ? (which as readonly (string | { id: string })[]) : [which]
      const found = all.flatMap((one) =>
        typeof one === 'string' ? (findMessage(list, one) ?? []) : (one as Parameters<typeof isUnread>[1]),
      )
      await (await account())?.markRead(found)
    },
    readAll: async (feed = null) => (await account())?.markAllRead(feed),
    hide: async (ids) => (await account())?.hide(ids),
    refresh: async () => (await account())?.refresh(),
    isUnread: (message) => isUnread(list, message),
    unreadOf: (feed) => unreadOf(list, feed),
    setReading(below) {
      access.act((client) => {
        client.setReading(below)
      })
    },
  }
}
