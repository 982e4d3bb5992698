import { WELCOME_TIMEOUT_MS } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { JoinQueue, MAX_WAIT_MS, type Turns } from '../../../gateway/ws/join-queue'

/** Turns that pass when the test says so, and a clock that joins push on. */
class HeldTurns implements Turns {
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

describe('the join queue', () => {
  it('runs joins in the order in which they came', async () => {
    const queue = new JoinQueue()
    const order: number[] = []
    for (let index = 0; index < 500; index += 1)
      queue.enter(() => {
        order.push(index)
        return Promise.resolve()
      })
    await expect.poll(() => order.length).toBe(500)
    expect(order).toEqual(Array.from({ length: 500 }, (_, index) => index))
  })

  it('gives everybody else a turn after some milliseconds of joins', async () => {
    const turns = new HeldTurns()
    const queue = new JoinQueue(turns)
    let done = 0
    for (let index = 0; index < 100; index += 1)
      queue.enter(() => {
        turns.now += 2
        done += 1
        return Promise.resolve()
      })
    const perTurn: number[] = []
    for (let before = 0; done < 100; before = done) {
      await turns.pass(1)
      perTurn.push(done - before)
    }
    // The first pass sees the first slice and the second.
    expect(Math.max(...perTurn.slice(1))).toBeLessThanOrEqual(5)
    expect(perTurn.reduce((sum, count) => sum + count, 0)).toBe(100)
  })

  it('is held up by no join that waits, as long as others can go on', async () => {
    const queue = new JoinQueue()
    let done = 0
    queue.enter(() => new Promise<void>(() => undefined))
    for (let index = 0; index < 50; index += 1)
      queue.enter(() => {
        done += 1
        return Promise.resolve()
      })
    await expect.poll(() => done).toBe(50)
  })

  it('tells who would wait too long over what time to come back, and takes whom it can serve', async () => {
    const turns = new HeldTurns()
    const queue = new JoinQueue(turns)
    const join = (): Promise<void> => {
      turns.now += 20
      return Promise.resolve()
    }
    // What a join takes is not known before the first turns: nobody is sent away by guess.
    for (let index = 0; index < 1000; index += 1) expect(queue.enter(join)).toBe(0)
    await turns.pass(0)
    await turns.pass(0)
    const retryMs = queue.enter(join)
    const waitMs = queue.length * 20
    expect(waitMs).toBeGreaterThan(MAX_WAIT_MS)
    expect(retryMs).toBeGreaterThanOrEqual(waitMs)
    expect(retryMs).toBeLessThanOrEqual(3 * waitMs)
    while (queue.length * 20 > MAX_WAIT_MS) await turns.pass(0)
    expect(queue.enter(join)).toBe(0)
    while (await turns.pass(0));
    expect(queue.length).toBe(0)
  })

  it('welcomes whom it takes before an app gives up', () => {
    expect(MAX_WAIT_MS).toBeLessThan(WELCOME_TIMEOUT_MS / 2)
  })
})
