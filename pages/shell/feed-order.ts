import { feedKind, type Message } from '@herald/protocol'
import { unreadOf, type NotificationsState } from '@/sdk/state'
import { feedName } from '@/sdk/message-words'

/** A feed as lists of feeds show it. */
export interface FeedChoice {
  readonly feed: string
  readonly name: string
  readonly unread: number
  readonly muted: boolean
}

const RANK = { user: 0, all: 1, chat: 2, topic: 3 } as const

/** The feeds of the user: the own one first, then everyone's, then topics by name. */
export function feedChoices(inbox: NotificationsState): FeedChoice[] {
  return Object.values(inbox.feeds)
    .map(({ feed, muted }) => ({ feed, name: nameIn(inbox, feed), unread: unreadOf(inbox, feed), muted }))
    .sort((a, b) => RANK[feedKind(a.feed)] - RANK[feedKind(b.feed)] || (a.name < b.name ? -1 : 1))
}

/** A conversation is called as whoever wrote in it last. */
function nameIn({ rows }: NotificationsState, feed: string): string {
  const isTheirs = (row: Message): boolean => row.feed === feed && row.data?.['out'] !== true
  return (feedKind(feed) === 'chat' ? rows.find(isTheirs)?.title : undefined) ?? feedName(feed)
}
