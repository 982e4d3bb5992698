import { clock } from './context'

/** For how long joins may hold the event loop before everybody else has a turn, ms. */
const SLICE_MS = 10

/**
 * For how long connections that are being opened come before joins, ms. Node takes one in each turn of the loop; what waits in the
 * system's queue meanwhile overflows it, and who was dropped there comes a second later, or three.
 */
export const ARRIVALS_MS = 30

/** Joins that are under way at once: some wait for a key to be checked on another thread. */
const LANES = 8

/** Who would wait longer is told when to come back: an app gives up after WELCOME_TIMEOUT_MS, and would begin anew, ms. */
export const MAX_WAIT_MS = 4000

/** How much one turn says about what a join takes. */
const WEIGHT = 0.2

/** Time and turns, for tests to hold. */
export interface Turns {
  readonly elapsed: () => number
  /** Resolves when everybody else had a turn. */
  readonly next: () => Promise<void>
}

const loopTurns: Turns = {
  elapsed: clock.elapsed,
  next: () =>
    new Promise((resolve) => {
      setImmediate(resolve)
    }),
}

/**
 * Joins, in the order in which hellos came. After a restart all devices come at once, and a join is some database
 * reads and the frames of what was missed: they are run in slices, between which publishes and live devices go on, and
 * connections are taken. What a join takes, a turn of everybody else included, is measured; so it is known how long the
 * last would wait.
 */
export class JoinQueue {
  readonly #turns: Turns
  #waiting: (() => Promise<void>)[] = []
  #first = 0
  #lanes = 0
  #turn: Promise<void> | undefined
  #turnBegun = 0
  #doneInTurn = 0
  #msPerJoin = 0
  #arrivals = 0

  constructor(turns: Turns = loopTurns) {
    this.#turns = turns
  }

  /** How many wait for their turn. */
  get length(): number {
    return this.#waiting.length - this.#first
  }

  /**
   * Runs a join when it is its turn; it must not throw. Answers 0, or, when that would take too long and the join
   * will not be run, over how many ms such devices should spread their return.
   */
  enter(join: () => Promise<void>): number {
    const waitMs = this.length * this.#msPerJoin
    if (waitMs > MAX_WAIT_MS) return Math.ceil(2 * waitMs)
    this.#waiting.push(join)
    if (this.#lanes === 0) this.#turnBegun = this.#turns.elapsed()
    if (this.#lanes < LANES) void this.#runLane()
    return 0
  }

  /** A connection was opened, and more may wait to be. */
  noteArrival(): void {
    this.#arrivals += 1
  }

  async #runLane(): Promise<void> {
    this.#lanes += 1
    for (let join = this.#shift(); join; join = this.#shift()) {
      // Again after the turn: the other lanes go on in it, too.
      while (this.#turns.elapsed() - this.#turnBegun >= SLICE_MS) await this.#nextTurn()
      await join()
      this.#doneInTurn += 1
    }
    this.#lanes -= 1
    if (this.#lanes === 0) this.#doneInTurn = 0
  }

  #shift(): (() => Promise<void>) | undefined {
    const join = this.#waiting[this.#first]
    if (join) this.#first += 1
    if (this.#first === this.#waiting.length) {
      this.#waiting = []
      this.#first = 0
    }
    return join
  }

  /** One pause for all lanes. */
  #nextTurn(): Promise<void> {
    this.#turn ??= this.#pause().finally(() => {
      this.#turn = undefined
      this.#turnBegun = this.#turns.elapsed()
      this.#doneInTurn = 0
    })
    return this.#turn
  }

  /** Everybody else has a turn, and another one as long as turns bring connections. */
  async #pause(): Promise<void> {
    const begun = this.#turns.elapsed()
    const joinsMs = begun - this.#turnBegun
    let turnMs = 0
    do {
      this.#arrivals = 0
      const turnBegun = this.#turns.elapsed()
      await this.#turns.next()
      turnMs = this.#turns.elapsed() - turnBegun
    } while (this.#arrivals > 0 && this.#turns.elapsed() - begun < ARRIVALS_MS)
    this.#learn(joinsMs + turnMs)
  }

  /** Arrivals are not counted: they are over long before the last of many joins is. */
  #learn(ms: number): void {
    if (this.#doneInTurn === 0) return
    const took = ms / this.#doneInTurn
    this.#msPerJoin += this.#msPerJoin === 0 ? took : WEIGHT * (took - this.#msPerJoin)
  }
}
