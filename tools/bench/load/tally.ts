/** Begins the number in each message's text; nothing else that a server sends has this byte. */
const MARK = 0x7e // ~
const DIGITS = 6

/** The text of message number `index`: its number, and filling up to `bytes`. */
export function textOf(index: number, bytes: number): string {
  return `~${String(index).padStart(DIGITS, '0')} `.padEnd(bytes, 'disk almost full on db1, ')
}

export interface TallyOptions {
  readonly sockets: number
  readonly messages: number
  /** `one`: every socket gets every message. `each`: message m goes to socket m modulo the number of sockets. */
  readonly feeds: 'one' | 'each'
  /** So many messages come first and have no latency: meanwhile the generator's own code is compiled. */
  readonly warmUp?: number
}

/**
 * Counts what arrives, and throws at once when a socket gets a message twice, in another order than the others, or
 * one that is not its own. Publishes overlap, so the server says what the order is: the first socket that gets the
 * n-th message fixes it for all.
 */
export class Tally {
  readonly #options: TallyOptions
  /** Deliveries that are due in all. */
  readonly expected: number
  readonly #order: Int32Array
  readonly #known: Uint8Array
  #ordered = 0
  /** By socket: how many messages it has. */
  readonly #got: Int32Array
  /** By message: when its publish began, ms of `performance.now`. */
  readonly #sentAt: Float64Array
  readonly #latencies: Float64Array
  #timed = 0
  #deliveries = 0
  #lastAt = 0
  #finish: () => void = () => undefined
  /** Resolves when everything has arrived. */
  readonly done = new Promise<void>((resolve) => (this.#finish = resolve))

  constructor(options: TallyOptions) {
    const { sockets, messages, feeds } = options
    this.expected = feeds === 'one' ? sockets * messages : messages
    this.#options = options
    this.#order = new Int32Array(messages)
    this.#known = new Uint8Array(messages)
    this.#got = new Int32Array(sockets)
    this.#sentAt = new Float64Array(messages)
    this.#latencies = new Float64Array(this.expected)
  }

  get deliveries(): number {
    return this.#deliveries
  }

  /** When the last delivery came, ms of `performance.now`. */
  get lastAt(): number {
    return this.#lastAt
  }

  /** @param at when its publish began, ms of `performance.now`. */
  sent(message: number, at: number): void {
    this.#sentAt[message] = at
  }

  /** Takes all messages in a frame's payload; returns how many there were. */
  take(socket: number, bytes: Buffer, start: number, end: number): number {
    const now = performance.now()
    let count = 0
    for (let at = bytes.indexOf(MARK, start); at !== -1 && at < end; at = bytes.indexOf(MARK, at + DIGITS)) {
      if (at + DIGITS >= end) throw new Error('a message was cut in two by frames')
      this.#takeOne(socket, numberAt(bytes, at + 1), now)
      count += 1
    }
    if (count > 0 && this.#deliveries === this.expected) {
      this.#lastAt = now
      this.#finish()
    }
    return count
  }

  /** Latencies in ms at the given shares, e.g. 0.5 and 0.99. */
  percentiles(shares: readonly number[]): number[] {
    const sorted = this.#latencies.slice(0, this.#timed).sort()
    return shares.map(
      (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN,
    )
  }

  #takeOne(socket: number, message: number, now: number): void {
    const position = this.#got[socket] ?? 0
    if (this.#options.feeds === 'one') this.#checkOrder(socket, position, message)
    else if (message !== socket + position * this.#options.sockets)
      throw new Error(`socket ${socket} got message ${message}, which is not its next`)
    this.#got[socket] = position + 1
    this.#deliveries += 1
    if (message >= (this.#options.warmUp ?? 0))
      this.#latencies[this.#timed++] = now - (this.#sentAt[message] ?? NaN)
  }

  #checkOrder(socket: number, position: number, message: number): void {
    if (position < this.#ordered) {
      if (this.#order[position] !== message)
        throw new Error(`socket ${socket} got message ${message} as number ${position}, others another one`)
      return
    }
    if (this.#known[message] !== 0)
      throw new Error(`socket ${socket} got message ${message} again, or a wrong one`)
    this.#known[message] = 1
    this.#order[position] = message
    this.#ordered = position + 1
  }
}

function numberAt(bytes: Buffer, at: number): number {
  let number = 0
  for (let index = at; index < at + DIGITS; index += 1) number = number * 10 + (bytes[index] ?? 0) - 48
  return number
}
