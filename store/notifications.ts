import type { Message, TopicList } from '@herald/protocol'
import { findMessage, type MessageFilter } from '../services/inbox/message-list'
import { codeOf } from '../services/api/api-error'
import { store } from './index'
import { account, withClient } from './runtime'
import { flushInbox } from './view'

export type { MessageFilter } from '../services/inbox/message-list'
export { applyBadge } from './runtime'
export type { HistoryState, NotificationsState } from './modules/notifications'
export {
  findMessage,
  hasOlder,
  isUnread,
  listMessages,
  unreadOf,
  unreadTotal,
} from '../services/inbox/message-list'

/**
 * Loads older messages by HTTP until about 30 more rows pass the filter, or there are none. A call while another
 * runs waits for it. Failures stand in `history.error`.
 */
export async function loadOlder(feed: string | null, filter: Partial<MessageFilter> = {}): Promise<void> {
  const chosen = { unreadOnly: false, search: '', ...filter, feed }
  store.commit('notifications/history', { loading: true, error: null, end: false })
  try {
    const { history } = await account()
    const end = await history.loadOlder(chosen)
    // Else the page would see "not loading" before it sees the rows, and load again.
    flushInbox()
    store.commit('notifications/history', { loading: false, error: null, end })
  } catch (error) {
    store.commit('notifications/history', { loading: false, error: codeOf(error), end: false })
  }
}

/** Tells whether the user reads below the top of the list or looks for something in it: then it keeps all its rows. */
export function setReading(below: boolean): void {
  withClient((client) => {
    client.setReading(below)
  })
}

/** Asks the gateway for what is new, over HTTP too, and dials if there is no connection. Throws ApiError. */
export async function refresh(): Promise<void> {
  await (await account()).refresh()
}

/** Marks messages as read here and, now or at the next connection, everywhere. */
export async function markRead(messages: readonly Message[]): Promise<void> {
  await (await account()).markRead(messages)
}

/** Marks everything of a feed, or of all feeds, as read. */
export async function markAllRead(feed: string | null): Promise<void> {
  await (await account()).markAllRead(feed)
}

/** Deletes messages from this device for good. They count as read, since nobody could read them any more. */
export async function hideMessages(ids: readonly string[]): Promise<void> {
  await (await account()).hide(ids)
}

/** A message from the store, else from the gateway; undefined when it is no longer retained. Throws ApiError. */
export async function fetchMessage(id: string): Promise<Message | undefined> {
  // What the list shows opens without waiting for the code that connects.
  return findMessage(store.state.notifications, id) ?? (await account()).fetchMessage(id)
}

/** Follows a feed; what was in it before counts as read. Throws ApiError. */
export async function follow(feed: string): Promise<void> {
  await (await account()).follow(feed)
}

/** Unfollows a topic. Throws ApiError (`feed_required` for one's own feed and `all`). */
export async function unfollow(feed: string): Promise<void> {
  await (await account()).unfollow(feed)
}

/** Mutes a feed (no alerts, still listed and counted) or undoes it. Throws ApiError. */
export async function setMuted(feed: string, muted: boolean): Promise<void> {
  await (await account()).setMuted(feed, muted)
}

/** The topics that hold messages, for somebody who looks for one to follow. Throws ApiError. */
export async function listTopics(): Promise<TopicList> {
  return (await account()).listTopics()
}

/** Takes the banner away; on the App, the native one. */
export function dismissBanner(): void {
  withClient((client) => {
    client.dismissBanner()
  })
}
