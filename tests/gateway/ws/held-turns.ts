import type { Turns } from '../../../gateway/ws/join-queue'

/** Turns that pass when the test says so, and a clock that joins push on. */
export class HeldTurns implements Turns {
  now = 0
  #next: (() => void) | undefined
  readonly elapsed = (): number => this.now
  readonly next = (): Promise<void> =>
    new Promise((resolve) => {
      this.#next = resolve
    })

  /** Lets everybody else have a turn of so many ms. False: nobody waits for one. */
  async pass(ms: number): Promise<boolean> {
    await settled()
    const next = this.#next
    this.#next = undefined
    this.now += ms
    next?.()
    await settled()
    return next !== undefined
  }
}

/** Resolves when all that can go on without a turn has. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })
