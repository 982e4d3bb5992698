import type { Logger } from 'pino'
import type { GatewayNote, Gateways, KnownGateway, Renewal } from '../contracts/cluster'

/** How often a gateway says that it lives, ms. */
const RENEW_MS = 2000

/** After so long without an answer the others may have given it up, ms: less than what they wait for. */
const ALIVE_MS = 5500

/** One that was not silent for so long itself believes that others are, ms: by then each of them has said something. */
const STEADY_MS = 6000

export interface MembershipOptions {
  readonly gateways: Gateways
  /** What it says of itself now. */
  readonly note: () => GatewayNote
  readonly logger: Logger
}

/**
 * This gateway among those that share a store: says every two seconds that it lives, hears who else does, and gives back what
 * those had in hand who do not. One that cannot say so any more does nothing that others may be doing by now.
 */
export class Membership {
  readonly #options: MembershipOptions
  readonly #listeners: ((renewal: Renewal) => void)[] = []
  #gateways: readonly KnownGateway[] = []
  #renewedAt = -Infinity
  /** Since when the store has heard this gateway without a gap. */
  #steadySince = Infinity
  #timer: NodeJS.Timeout | undefined
  #renewing: Promise<void> | undefined

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  /** Throws when the store takes no writes. */
  async join(): Promise<void> {
    await this.#renew()
    this.#timer = setInterval(() => {
      void this.#renewNext()
    }, RENEW_MS)
  }

  /** Says at once what it is, behind what is being said. */
  async say(): Promise<void> {
    await this.#renewing
    await this.#renewNext()
  }

  /** Called after each renewal. */
  onRenewed(listener: (renewal: Renewal) => void): void {
    this.#listeners.push(listener)
  }

  /** Whether the others believe that it lives. */
  get isAlive(): boolean {
    return performance.now() - this.#renewedAt < ALIVE_MS
  }

  /** Whether it is the one that does what one is enough for: the oldest. */
  get isFirst(): boolean {
    return this.isAlive && this.#gateways[0]?.id === this.#options.note().id
  }

  /** Those that lived when it was last heard, the oldest first. */
  get gateways(): readonly KnownGateway[] {
    return this.#gateways
  }

  /** Says no more that it lives; what it had in hand is everybody's. */
  async leave(): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewing
    const { gateways, note, logger } = this.#options
    try {
      await gateways.leave(note().id)
    } catch (error) {
      // The others give it up some seconds later; whoever is told to end ends.
      logger.warn({ err: error }, 'the store could not be told that this gateway ends')
    }
  }

  #renewNext(): Promise<void> {
    return (this.#renewing ??= this.#renewAgain().finally(() => {
      this.#renewing = undefined
    }))
  }

  async #renewAgain(): Promise<void> {
    try {
      await this.#renew()
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the store does not know that this gateway lives')
    }
  }

  async #renew(): Promise<void> {
    const begun = performance.now()
    // A store that was away for everybody has heard nobody: who comes back first must not give up all others.
    if (begun - this.#renewedAt > ALIVE_MS) this.#steadySince = begun
    const mayEnd = begun - this.#steadySince >= STEADY_MS
    const renewal = await this.#options.gateways.renew(this.#options.note(), mayEnd)
    this.#renewedAt = begun
    this.#gateways = renewal.gateways
    const { ended } = renewal
    if (ended.length > 0) this.#options.logger.warn({ ended }, 'gateways ended without a word')
    for (const listener of this.#listeners) listener(renewal)
  }
}
