import type { Message } from '@herald/protocol'
import type { Inbox } from '../inbox/inbox'

/**
 * What was in the list when the log of its feed began anew, as after a restore of the store. What the log still has comes
 * again; of the rest nobody will ever say that it was read, so that its alert would stay for ever.
 */
export class LostMessages {
  readonly #held = new Map<string, readonly Message[]>()

  /** The ids of those that are now known not to come again. */
  after(before: Inbox, after: Inbox): string[] {
    for (const { feed, epoch } of Object.values(before.feeds)) {
      const record = after.feeds[feed]
      if (!record) this.#held.delete(feed)
      else if (record.epoch !== epoch)
        this.#held.set(feed, [
          ...(this.#held.get(feed) ?? []),
          ...before.rows.filter((row) => row.feed === feed),
        ])
    }
    return [...this.#held].flatMap(([feed, rows]) => this.#missing(after, feed, rows))
  }

  #missing(inbox: Inbox, feed: string, rows: readonly Message[]): string[] {
    const record = inbox.feeds[feed]
    if (!record || record.cursor < record.head) return []
    this.#held.delete(feed)
    const here = inbox.rows.filter((row) => row.feed === feed)
    const ids = new Set(here.map(({ id }) => id))
    // What is older than the newest page may be in the log all the same.
    const since = record.low > record.from ? Math.min(...here.map(({ time }) => time)) : -Infinity
    return rows.filter(({ id, time }) => !ids.has(id) && time >= since).map(({ id }) => id)
  }
}
