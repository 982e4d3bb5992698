import type { Outcome } from '../../../gateway/providers/provider'
import type { Trouble } from './journal'

/** Failures in a row after which a service may be left alone. */
const TOLERATED = 5

/** Before the push that tries a service out is asked for, its handle may take so long, ms. */
const PREPARE_MS = 5_000

/** Whoever found the service being tried out comes again after this, ms. */
const AGAIN_MS = 1_250

/**
 * Watches when the gateway leaves one service alone, and whether that is the service's own doing: for five failures in
 * a row that were begun no earlier than one that worked, for a quota, or since the push that tried it out failed, and no
 * older one.
 */
export class CircuitWatch {
  /** When no push went to the service: it was left alone, or tried out by one. */
  readonly blocked: Trouble[] = []
  /** When those were begun that failed, and no earlier than one that worked, ms. */
  #failed: readonly number[] = []
  /** There were enough of them, since it was last looked. */
  #enough = false
  /** When the newest push was begun that the service answered in its right mind, ms. */
  #worked = -Infinity
  #state: 'closed' | 'open' = 'closed'
  #lastOpen = -Infinity
  /** The first push after a pause: what was begun before says nothing about now. */
  #trial: 'none' | 'awaited' | 'begun' = 'none'
  /**
   * When it was begun, and others while it was under way, ms: by a clock that jumped ahead it had taken too long, and
   * another tries the service out.
   */
  #tried: number[] = []
  #trialFailed = false
  #quota = false

  /** A gateway starts, which knows of no failure. */
  reset(now: number): void {
    this.#end(now)
    this.#state = 'closed'
    this.#trial = 'none'
    this.#failed = []
    this.#enough = false
    this.#worked = -Infinity
  }

  /** The service is asked. @param isOpen the gateway leaves it alone: this push had been let in before */
  begun(now: number, isOpen: boolean): void {
    if (!isOpen) this.#pauseIsOver(now)
    if (this.#trial === 'begun') this.#tried.push(now)
    if (this.#trial !== 'awaited') return
    this.#trial = 'begun'
    this.#tried = [now]
    this.blocked.push({ from: Math.max(this.#lastOpen, now - PREPARE_MS), to: Infinity })
  }

  /** The gateway heard what the service made of a push that was begun at that time. */
  answered(begun: number, outcome: Outcome, now: number): void {
    if (outcome.type === 'quota') this.#quota = true
    if (this.#state === 'open') return
    const failed = outcome.type === 'retry' && outcome.provider
    // An answer to what was begun before a failure says nothing about that.
    if (!failed) this.#worked = Math.max(this.#worked, begun)
    this.#failed = [...this.#failed, ...(failed ? [begun] : [])].filter((at) => at >= this.#worked)
    if (this.#failed.length >= TOLERATED) this.#enough = true
    if (failed && this.#tried.includes(begun)) this.#trialFailed = true
    if (this.#trial !== 'begun' || begun < (this.#tried[0] ?? Infinity)) return
    this.#end(now + AGAIN_MS)
    this.#trial = 'none'
  }

  /** Answers what is wrong, if something is. @param isOpen the gateway leaves the service alone now */
  look(now: number, stepMs: number, isOpen: boolean): string | undefined {
    const justified = this.#quota || this.#trialFailed || this.#enough
    const opens = isOpen && this.#state !== 'open'
    this.#quota = false
    this.#trialFailed = false
    this.#enough = false
    if (opens) {
      this.#state = 'open'
      this.#trial = 'none'
      this.#failed = []
      this.blocked.push({ from: now - stepMs, to: Infinity })
    } else if (!isOpen) this.#pauseIsOver(now)
    if (isOpen) this.#lastOpen = now
    return opens && !justified ? 'left alone for what it had been asked before' : undefined
  }

  #pauseIsOver(now: number): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#trial = 'awaited'
    this.#end(now)
  }

  #end(now: number): void {
    for (const trouble of this.blocked) trouble.to = Math.min(trouble.to, now)
  }
}
