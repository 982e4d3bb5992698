import { WELCOME_TIMEOUT_MS } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { ARRIVALS_MS, JoinQueue, MAX_WAIT_MS } from '../../../gateway/ws/join-queue'
import { HeldTurns } from './held-turns'

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

  it('lets connections come first while they come, but not for long', async () => {
    const turns = new HeldTurns()
    const queue = new JoinQueue(turns)
    let done = 0
    for (let index = 0; index < 100; index += 1)
      queue.enter(() => {
        turns.now += 10
        done += 1
        return Promise.resolve()
      })
    await turns.pass(0)
    const before = done
    const turnMs = ARRIVALS_MS / 3
    const perTurn: number[] = []
    for (let turn = 0; turn < 6; turn += 1) {
      queue.noteArrival()
      await turns.pass(turnMs)
      perTurn.push(done - before)
    }
    expect(perTurn).toEqual([0, 0, 1, 1, 1, 2])
    // Nobody comes any more: each turn is the last of its pause.
    await turns.pass(turnMs)
    await turns.pass(turnMs)
    expect(done - before).toBe(4)
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
