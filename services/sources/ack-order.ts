interface Delivery {
  readonly seq: number
  phase: 'under way' | 'done'
}

/**
 * How far a feed may be acked while deliveries run beside each other. An ack is cumulative: one for a later message would
 * say of an earlier one, whose alert the platform has refused so far, that it was shown.
 */
export class AckOrder {
  readonly #feeds = new Map<string, Delivery[]>()

  /**
   * A delivery up to `seq` begins, after all of this key that began before.
   * @returns to be called at its end; gives the seq up to which all are done, or undefined while an earlier one is not.
   */
  begin(key: string, seq: number): () => number | undefined {
    const delivery: Delivery = { seq, phase: 'under way' }
    const deliveries = this.#feeds.get(key) ?? []
    this.#feeds.set(key, deliveries)
    deliveries.push(delivery)
    return () => {
      delivery.phase = 'done'
      const open = deliveries.findIndex(({ phase }) => phase === 'under way')
      const done = deliveries.splice(0, open < 0 ? deliveries.length : open)
      if (deliveries.length === 0) this.#feeds.delete(key)
      return done.at(-1)?.seq
    }
  }
}
