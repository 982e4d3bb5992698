import type { Bus } from '../contracts/bus'
import type { PushLedger } from '../contracts/push-ledger'
import type { Sweeper } from './sweeper'
import type { NudgeSender } from './nudge-sender'
import type { Sender } from './sender'

/** How often it is looked whether something became due (ms). A look is one indexed read. */
const LOOK_MS = 250

/** Nothing waits longer than this by itself; what says so after a start was counted on another clock (ms). */
const LONGEST_WAIT_MS = 24 * 3_600_000

export interface EscalationOptions {
  readonly pushes: Pick<PushLedger, 'resume' | 'findDue'>
  readonly bus: Pick<Bus, 'on'>
  readonly sweeper: Sweeper
  readonly sender: Sender
  readonly nudges: NudgeSender
  readonly now: () => number
  /** Whether others believe that this gateway lives; absent: there are no others. */
  readonly mayWork?: () => boolean
  readonly onFault: (error: unknown) => void
}

/**
 * Goes from the socket to a push provider for what was not acked in time. What is due is on disk and found by an
 * index; timers only say when to look.
 */
export class Escalation {
  readonly #options: EscalationOptions
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #again = false
  /** Looks that found something to do. */
  #steps = 0
  #stopped = false

  constructor(options: EscalationOptions) {
    this.#options = options
  }

  /** Takes up what an earlier life left, and looks from now on. */
  async start(): Promise<void> {
    const { pushes, bus, now } = this.#options
    await pushes.resume(now(), now() + LONGEST_WAIT_MS)
    bus.on('work', () => {
      this.wake()
    })
    this.#timer = setInterval(() => {
      this.wake()
    }, LOOK_MS)
    this.wake()
  }

  /** Looks now. */
  wake(): void {
    if (this.#stopped) return
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Does everything that is due now, and waits for the answers of the providers. */
  async settle(): Promise<void> {
    let before: number
    do {
      before = this.#steps
      this.wake()
      await this.#running
      await this.#settled()
    } while (this.#steps > before)
  }

  /** Begins nothing more, and waits a little for what is under way: what is cut off is repeated by the next life. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#running
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs)
    })
    await Promise.race([this.#settled(), patience])
    clearTimeout(timer)
  }

  async #settled(): Promise<void> {
    await Promise.all([this.#options.sender.settled(), this.#options.nudges.settled()])
  }

  /** Whether there was anything to do. */
  async #step(): Promise<boolean> {
    const { pushes, sweeper, sender, nudges, now } = this.#options
    const due = await pushes.findDue(now())
    const swept = due.sweeps && (await sweeper.step())
    // What a sweep has left to be pushed is due at once.
    const sent = (swept || due.pushes) && (await sender.step())
    const nudged = due.nudges && (await nudges.step())
    return swept || sent || nudged
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      // Somebody else may have taken what this one had.
      if (this.#options.mayWork?.() === false) return
      try {
        if (!(await this.#step())) continue
        this.#steps += 1
        this.#again = true
      } catch (error) {
        // The disk refuses: nothing is lost, and the next look tries again.
        this.#options.onFault(error)
      }
    }
  }
}
