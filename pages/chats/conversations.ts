import type { Message } from '@herald/protocol'
import type { ChatsView } from '@/sdk/chats'
import { unreadOf, type NotificationsState } from '@/sdk/state'

/** A conversation as the list shows it. */
export interface ConversationLine {
  readonly feed: string
  readonly peer: string
  /** Its body is '' when it was recalled. */
  readonly last: { readonly body: string; readonly time: number; readonly isOwn: boolean } | null
  readonly unread: number
}

/** The page of a conversation. A feed's name needs no encoding, which WeChat would not undo. */
export const chatAddress = (feed: string): string => `/pages/chat/chat?feed=${feed}`

/** Whether the person has written a message, on whichever device. */
export const isOwn = ({ data }: Message): boolean => data?.['out'] === true

/** All conversations, the last one that something was said in first. */
export function conversationLines(view: ChatsView, inbox: NotificationsState): ConversationLine[] {
  const lines = Object.entries(view.conversations).map(([feed, { peer }]): ConversationLine => {
    const unsent = view.unsent.filter((entry) => entry.feed === feed).at(-1)
    const row = inbox.rows.find((message) => message.feed === feed && !inbox.hidden.has(message.id))
    const said = row && { body: row.body, time: row.time, isOwn: isOwn(row) }
    const last = unsent ? { body: unsent.body, time: unsent.time, isOwn: true } : (said ?? null)
    return { feed, peer, last, unread: unreadOf(inbox, feed) }
  })
  return lines.sort((a, b) => (b.last?.time ?? 0) - (a.last?.time ?? 0) || (a.peer < b.peer ? -1 : 1))
}
