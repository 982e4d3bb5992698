import type { Clock, Timer } from '../clock'
import type { Log } from '../log'
import { lifeOf, type SessionRecord } from './session-record'

/** Gives the token of whoever is signed in in the host's app now; null: nobody is. May take long, and may reject. */
export type TokenProvider = () => Promise<string | null>

/**
 * Of a token's life, after which part the next one is asked for. Of several tabs the first that has it tells the
 * others, so they do not all ask at one moment.
 */
const RENEW_AFTER = 0.75
const RENEW_SPREAD = 0.1

/** How long the host may take; a question without an answer must not be the last one. */
export const SUPPLY_TIMEOUT_MS = 30_000

/** First wait after a failure, doubled with each up to the cap; a random half of it is waited. */
export const SUPPLY_RETRY_BASE_MS = 1_000
export const SUPPLY_RETRY_CAP_MS = 60_000

/** Browsers fire timers that are set for longer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface TokenSupplyPorts {
  readonly provider: TokenProvider
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly current: () => SessionRecord | null
  /** Finds out whose token it is. Rejects when the gateway does not take it, or does not answer. */
  readonly open: (token: string) => Promise<SessionRecord>
  /** Goes on as this session. */
  readonly take: (session: SessionRecord) => Promise<void>
  /** Nobody is signed in any more. */
  readonly onNobody: () => Promise<void>
}

/** Brings the next token before the one at hand ends, and when it was refused. Asks one question at a time. */
export class TokenSupply {
  readonly #ports: TokenSupplyPorts
  #asking: Promise<void> | null = null
  /** Grows with each sign-out: what was asked before is of another time. */
  #turn = 0
  #timer: Timer = null
  #failures = 0
  /** The token that the gateway did not take: the same one again is no answer. */
  #refused: string | null = null

  constructor(ports: TokenSupplyPorts) {
    this.#ports = ports
  }

  /** Asks for a token now. Never rejects: what fails is tried again later. */
  ask(): Promise<void> {
    this.#clearTimer()
    if (this.#asking) return this.#asking
    const asking = this.#ask().finally(() => {
      if (this.#asking === asking) this.#asking = null
    })
    this.#asking = asking
    return asking
  }

  /** As `ask`, for an answer that is of now: what is being asked was asked before. */
  async askAnew(): Promise<void> {
    await this.#asking
    await this.ask()
  }

  /** The gateway does not take this token any more. */
  refused(token: string): void {
    this.#refused = token
    // Each request of the app is refused now: they do not hurry a host that has just failed.
    if (this.#failures === 0 || this.#timer === null) void this.ask()
  }

  /**
   * The app is back, or its network is: what waits after a failure need not wait longer, and failures of before say
   * nothing. A question that is still under way may have been lost with that network: when it fails, the next comes soon.
   */
  awake(): void {
    if (this.#failures === 0) return
    this.#failures = 0
    void this.ask()
  }

  /** Asks again before this session's token ends. */
  renewBefore({ expires }: SessionRecord): void {
    this.#failures = 0
    this.#clearTimer()
    if (typeof expires !== 'number') return
    const left = expires - this.#ports.clock.now()
    // A clock that is ahead of the gateway's sees no life left: then the gateway's word that it ended has to do.
    const part = RENEW_AFTER + this.#ports.random() * RENEW_SPREAD
    if (left > 0) this.#schedule(Math.min(left * part, LONGEST_TIMER_MS))
  }

  /** Asks no more until the next session, and listens to no answer that is on its way. */
  rest(): void {
    this.#turn += 1
    this.#asking = null
    this.#failures = 0
    this.#clearTimer()
  }

  async #ask(): Promise<void> {
    const { open, take, onNobody, current, log } = this.#ports
    const before = current()
    const turn = this.#turn
    // Somebody signed out, or in, in this tab or another, while the host or the gateway was asked.
    const isOutdated = (): boolean => turn !== this.#turn || nameOf(current()) !== nameOf(before)
    try {
      const token = await this.#fromHost()
      if (isOutdated()) return
      if (token === null) {
        if (before !== null) await onNobody()
        return
      }
      const held = current()
      if (held !== null && token === held.token) {
        this.#heldAlready(held)
        return
      }
      const session = await open(token)
      if (!isOutdated()) await take(session)
    } catch (error) {
      if (isOutdated()) return
      log('session.no_token', { error: String(error) })
      this.#backOff()
    }
  }

  #fromHost(): Promise<string | null> {
    const { provider, clock } = this.#ports
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        reject(new Error('the host gave no token in time'))
      }, SUPPLY_TIMEOUT_MS)
      const done = (): void => {
        clock.clearTimeout(timer)
      }
      provider().then(resolve, reject).finally(done)
    })
  }

  #heldAlready(held: SessionRecord): void {
    if (held.token === this.#refused) this.#backOff()
    else this.renewBefore(held)
  }

  #backOff(): void {
    const { random } = this.#ports
    const most = Math.min(SUPPLY_RETRY_CAP_MS, SUPPLY_RETRY_BASE_MS * 2 ** Math.min(this.#failures, 10))
    this.#failures += 1
    this.#schedule((most * (1 + random())) / 2)
  }

  #schedule(ms: number): void {
    this.#clearTimer()
    this.#timer = this.#ports.clock.setTimeout(() => {
      void this.ask()
    }, ms)
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}

const nameOf = (session: SessionRecord | null): string | null => (session === null ? null : lifeOf(session))
