import type { Logger } from 'pino'
import type { ClockMarks } from '../contracts/clock-marks'
import type { GatewayClock } from './gateway-clock'

/** What happened to the clock and the disk does not know yet. */
type Note = () => Promise<void>

/**
 * Keeps on disk what a later life has to know of the clock: the last time that was believed, and which stamps were made by a
 * clock that was not. Says in the log when the clock is doubted and believed.
 */
export class ClockKeeper {
  readonly #clock: GatewayClock
  readonly #marks: ClockMarks
  readonly #logger: Logger
  /** Named times of this life, the present one last. */
  readonly #life: number[] = []
  #open: number | undefined
  #notes: Note[] = []
  #writing: Promise<void> = Promise.resolve()
  #told: string | undefined

  constructor(clock: GatewayClock, marks: ClockMarks, logger: Logger) {
    this.#clock = clock
    this.#marks = marks
    this.#logger = logger
    if (clock.doubt) this.#noteDoubt(clock.since)
    clock.onMove((move) => {
      logger.warn(
        { by: move.by },
        'the clock jumped and has gone evenly since: the gateway goes by it from here',
      )
      this.#notes.push(async () => {
        const id = await marks.move(move, this.#life)
        if (this.#life.at(-1) !== id) this.#life.push(id)
        this.#open = undefined
      })
      this.#noteDoubt(clock.since)
    })
  }

  /**
   * Looks at the clock and keeps what there is to keep. True: what is old may go.
   * Throws `storage_unavailable`, and then nothing may go.
   */
  async look(): Promise<boolean> {
    this.#clock.look()
    this.#tell()
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write())
    await this.#writing
    return this.#notes.length === 0 && this.#clock.doubt === undefined
  }

  #noteDoubt(first: number): void {
    this.#notes.push(async () => {
      this.#open = await this.#marks.doubt(first)
      this.#life.push(this.#open)
    })
  }

  async #write(): Promise<void> {
    for (let note = this.#notes[0]; note; note = this.#notes[0]) {
      await note()
      this.#notes = this.#notes.slice(1)
    }
    if (this.#clock.doubt) return
    await this.#marks.believe(this.#open, this.#clock.now())
    this.#open = undefined
  }

  /** Once for each change of mind. */
  #tell(): void {
    const doubt = this.#clock.doubt
    if (doubt?.reason === this.#told) return
    this.#told = doubt?.reason
    if (!doubt) this.#logger.info('the clock is believed: retention goes on')
    else if (doubt.reason === 'new')
      this.#logger.info('the clock is watched for an hour: retention holds still')
    else this.#logger.warn(doubt, 'the clock is not believed: retention holds still')
  }
}
