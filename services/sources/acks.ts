import type { ClientFrame } from '@herald/protocol'

type Ack = Extract<ClientFrame, { type: 'ack' }>

/**
 * Acks that wait to be sent. They are cumulative, so only the highest of each feed counts; those that find no
 * connection are sent after the next welcome, before the gateway takes the device for silent.
 */
export class Acks {
  readonly #send: (ack: Ack) => boolean
  readonly #waiting = new Map<string, Ack>()
  #phase: 'idle' | 'scheduled' = 'idle'

  /** @param send false: there is no connection now. */
  constructor(send: (ack: Ack) => boolean) {
    this.#send = send
  }

  note(feed: string, epoch: string, seq: number): void {
    const waiting = this.#waiting.get(feed)
    if (waiting?.epoch === epoch && waiting.seq >= seq) return
    this.#waiting.set(feed, { type: 'ack', feed, epoch, seq })
  }

  /** Sends after everything that becomes ready in this turn: a burst that was stored in one step is one ack. */
  flushSoon(): void {
    if (this.#phase === 'scheduled') return
    this.#phase = 'scheduled'
    void Promise.resolve().then(() => {
      this.#phase = 'idle'
      this.flush()
    })
  }

  flush(): void {
    for (const [feed, ack] of this.#waiting) if (this.#send(ack)) this.#waiting.delete(feed)
  }
}
