// Apart from the schemas of feeds: the first list of the app needs names, and waits for no schema.

/**
 * A feed's name: `all`, `user:<id>` or `topic:<name>`; ids and names are 1-64 of `A-Z a-z 0-9 . _ -`
 * and begin with a letter or digit.
 */
export const FEED_NAME = /^(?:all|(?:user|topic):[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/

/** The part of a feed's name after the colon: a user's id or a topic's name. */
export const FEED_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** `chat`: a conversation of the app's own, which no gateway knows; its name says nothing of whom it is with. */
export type FeedKind = 'all' | 'user' | 'topic' | 'chat'

export const userFeed = (id: string): string => `user:${id}`
export const topicFeed = (name: string): string => `topic:${name}`

/** The kind of a feed by its name. The name must be in the grammar, or a chat's. */
export function feedKind(feed: string): FeedKind {
  if (feed === 'all') return 'all'
  if (feed.startsWith('chat:')) return 'chat'
  return feed.startsWith('user:') ? 'user' : 'topic'
}

/** The name as a person would say it: the topic's name or the user's id, and `all` for everyone's feed. */
export function feedLabel(feed: string): string {
  return feed.slice(feed.indexOf(':') + 1)
}

/** Whether one pattern of a token's publish right covers a feed. */
export function patternCovers(pattern: string, feed: string): boolean {
  return pattern.endsWith('*') ? feed.startsWith(pattern.slice(0, -1)) : pattern === feed
}
