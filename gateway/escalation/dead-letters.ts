import type { DeadLetter, DeliveryEvent, Message } from '@herald/protocol'
import { allRows } from '../stores/sqlite/statements'
import type { Store } from '../stores/sqlite/engine'
import { PUSH_COLUMNS, type PushRow } from '../stores/sqlite/push-rows'

/** Pushes that no provider could be made to take: kept, shown with the reason, and sent again at a person's word. */
export class DeadLetters {
  readonly #store: Store
  readonly #now: () => number

  constructor(store: Store, now: () => number) {
    this.#store = store
    this.#now = now
  }

  /** The newest. */
  list(limit: number): DeadLetter[] {
    const rows = allRows<PushRow & { message: string | null }>(
      this.#store.reader,
      `SELECT ${PUSH_COLUMNS}, (SELECT messages.id FROM messages JOIN feeds ON feeds.id = messages.feed
         WHERE feeds.name = pushes.feed AND feeds.epoch = pushes.epoch AND messages.seq = pushes.first) AS message
       FROM pushes WHERE state = 'dead' ORDER BY created DESC LIMIT ?`,
      limit,
    )
    return rows.map(({ message, feed, first, last, user, device, reason, created, trail }) => ({
      ...{ message, feed, first, last, user, device, reason },
      time: created,
      events: JSON.parse(trail) as DeliveryEvent[],
    }))
  }

  /** Makes those of a message, or all, due again. Answers how many. */
  replay(message: Message | undefined, limit: number): Promise<number> {
    return this.#store.write('replayPushes', {
      ...(message && { feed: message.feed, seq: message.seq }),
      now: this.#now(),
      limit,
    })
  }
}
