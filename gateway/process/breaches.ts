import type { IncomingMessage } from 'node:http'
import { addressKey } from './addresses'
import { clientOf, type ProxyTrust } from './proxies'

/** For how long the breaches of an address are remembered, from its first one on, ms. */
const WINDOW_MS = 60_000

/** Addresses that are remembered; one more, and the one that broke something first is forgotten. */
const MAX_ADDRESSES = 10_000

/** What a flood counts as: nobody sends one by mistake, and it costs most. */
export const FLOOD = 10

/**
 * What a connection counts as that ends without a word: a browser opens some that it has no use for, and balancers look
 * whether the port is open. Thousands of them are a flood.
 */
const SILENCE = 0.25

export interface BreachOptions {
  /** Breaches of one address in a minute; 0 is no limit. */
  readonly most: number
  /** Our own proxies break nothing: they pass on what others send. */
  readonly isProxy: ProxyTrust
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed?: () => number
}

interface Breaker {
  count: number
  readonly endsAt: number
}

/**
 * Counts what an address breaks: bytes that are no HTTP, requests that do not come to their end, bodies and requests without
 * end, handshakes and frames against the protocol, connections for nothing. Each costs more to refuse than to send, and no
 * limit of requests sees it. Whoever goes on is refused at the door, before anything of his is read.
 */
export class Breaches {
  readonly #options: BreachOptions
  readonly #elapsed: () => number
  /** By key of address; as all minutes are equally long, the first to end is the first in here. */
  readonly #breakers = new Map<string, Breaker>()
  readonly #listeners: ((address: string) => void)[] = []

  constructor(options: BreachOptions) {
    this.#options = options
    this.#elapsed = options.elapsed ?? (() => performance.now())
  }

  /** Tells of an address that has broken as much as it may, and is refused until its minute is over. */
  onShut(tell: (address: string) => void): void {
    this.#listeners.push(tell)
  }

  /** Counts a breach on a connection, of whoever is behind its proxy by the request that was understood last. */
  noteOn(socket: IncomingMessage['socket'], request?: IncomingMessage, weight = 1): void {
    const { isProxy } = this.#options
    this.note(request ? clientOf(request, isProxy).address : (socket.remoteAddress ?? ''), weight)
  }

  /** A body in thousands of parts, or requests far ahead of their answers. */
  noteFloodOn(socket: IncomingMessage['socket'], request?: IncomingMessage): void {
    this.noteOn(socket, request, FLOOD)
  }

  /** A connection of this address has ended, and nobody ever said anything on it. */
  noteSilence(address: string): void {
    this.note(address, SILENCE)
  }

  note(address: string, weight = 1): void {
    const { most, isProxy } = this.#options
    if (most === 0 || address === '' || isProxy(address)) return
    const key = addressKey(address)
    const now = this.#elapsed()
    this.#forget(now)
    const breaker = this.#breakers.get(key) ?? this.#remember(key, now)
    const wasShut = breaker.count >= most
    breaker.count += weight
    if (!wasShut && breaker.count >= most) for (const tell of this.#listeners) tell(address)
  }

  /** For how many ms an address is refused yet; 0: it may come. A proxy of ours may, whoever else is in its IPv6 network. */
  msShut(address: string): number {
    if (this.#breakers.size === 0 || this.#options.isProxy(address)) return 0
    const breaker = this.#breakers.get(addressKey(address))
    if (breaker === undefined || breaker.count < this.#options.most) return 0
    return Math.max(0, breaker.endsAt - this.#elapsed())
  }

  #remember(key: string, now: number): Breaker {
    const [oldest] = this.#breakers.size >= MAX_ADDRESSES ? this.#breakers.keys() : []
    if (oldest !== undefined) this.#breakers.delete(oldest)
    const breaker = { count: 0, endsAt: now + WINDOW_MS }
    this.#breakers.set(key, breaker)
    return breaker
  }

  #forget(now: number): void {
    for (const [key, { endsAt }] of this.#breakers) {
      if (endsAt > now) return
      this.#breakers.delete(key)
    }
  }
}
