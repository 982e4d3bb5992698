import { describe, expect, it } from 'vitest'
import { openEscalationOn, openWorld, type Asked, hear } from './escalation-world'

/** Answers that a test gives by hand, one for each push that waits. */
class Held {
  readonly asked: Asked[] = []
  readonly #release: (() => void)[] = []

  readonly answer = (asked: Asked) => {
    this.asked.push(asked)
    return new Promise<{ type: 'accepted' }>((resolve) => {
      this.#release.push(() => {
        resolve({ type: 'accepted' })
      })
    })
  }

  releaseAll(): void {
    for (const release of this.#release.splice(0)) release()
  }
}

const tokensOf = (asked: readonly Asked[]): string[] => asked.map(({ target }) => target.token).sort()

describe('a gateway that is killed', () => {
  it('between a publish and its deadline pushes in its next life', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', 'foreground')
    const { id } = await world.publish('user:ann')
    await world.pass(2000)
    const next = await openEscalationOn(world.opened, world.now)
    await next.escalation.start()
    world.clock.ms += 10_000
    await next.escalation.settle()
    expect(next.provider('apns').rung).toEqual([[id]])
    await next.escalation.stop(0)
  })

  it('between send and record repeats the push under the same id and collapse id', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const held = new Held()
    world.provider('apns').answers.push(held.answer)
    await world.publish('user:ann')
    world.escalation.wake()
    await expect.poll(() => held.asked.length).toBe(1)
    // Nothing of what the killed one does from here on counts: it is gone.
    const next = await openEscalationOn(world.opened, world.now)
    await next.escalation.start()
    await next.escalation.settle()
    const [first] = held.asked
    const [second] = next.provider('apns').asked
    expect(second?.alert).toEqual(first?.alert)
    await next.escalation.stop(0)
    held.releaseAll()
  })

  it('in the middle of a sweep goes on where it was, and asks for no device twice', async () => {
    const world = await openWorld()
    for (let index = 0; index < 450; index++)
      await world.addDevice(`u${String(index).padStart(3, '0')}`, `phone-${String(index)}`)
    await world.publish('all')
    // A page is 200 devices: one of three is done, and its pushes are on disk.
    const { sweeper } = world
    expect(await sweeper.step()).toBe(true)
    const next = await openEscalationOn(world.opened, world.now)
    await next.escalation.start()
    await next.escalation.settle()
    expect(new Set(tokensOf(next.provider('apns').asked)).size).toBe(450)
    expect(next.provider('apns').asked).toHaveLength(450)
    await next.escalation.stop(0)
  })

  it('takes up at a start what an earlier life had claimed under a name of its own', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const held = new Held()
    world.provider('apns').answers.push(held.answer)
    await world.publish('user:ann')
    world.escalation.wake()
    await expect.poll(() => held.asked.length).toBe(1)
    const next = await openEscalationOn(world.opened, world.now, {}, 'the-next-life')
    await next.escalation.start()
    await next.escalation.settle()
    expect(next.provider('apns').asked[0]?.alert).toEqual(held.asked[0]?.alert)
    await next.escalation.stop(0)
    held.releaseAll()
  })
})

describe('two gateways on one store', () => {
  it('never both send, whoever looks first', async () => {
    const world = await openWorld()
    const other = await openEscalationOn(world.opened, world.now, {}, 'other')
    for (let index = 0; index < 60; index++)
      await world.addDevice(`u${String(index)}`, `phone-${String(index)}`)
    for (let round = 0; round < 5; round++) {
      await world.publish('all')
      await Promise.all([world.escalation.settle(), other.escalation.settle()])
      world.clock.ms += 20_000
    }
    const all = [...world.provider('apns').asked, ...other.provider('apns').asked]
    const named = all.map(({ target, payload }) => `${target.token} ${JSON.stringify(payload)}`)
    expect(new Set(named).size).toBe(named.length)
    expect(all).toHaveLength(60 * 5)
  })

  it('take over what another has claimed and not finished, once its claim is over', async () => {
    const world = await openWorld()
    const other = await openEscalationOn(world.opened, world.now, {}, 'other')
    await world.addDevice('ann', 'ann-phone')
    const held = new Held()
    world.provider('apns').answers.push(held.answer)
    await world.publish('user:ann')
    world.escalation.wake()
    await expect.poll(() => held.asked.length).toBe(1)
    await other.escalation.settle()
    expect(other.provider('apns').asked).toEqual([])
    world.clock.ms += 61_000
    await other.escalation.settle()
    expect(other.provider('apns').asked[0]?.alert).toEqual(held.asked[0]?.alert)
    held.releaseAll()
  })
})

describe('a clock that is set back', () => {
  it('makes nothing wait longer than it could have to', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    world.provider('apns').answers.push({
      ...{ type: 'retry', why: 'later', unknown: false, provider: false },
      afterMs: 60_000,
    })
    await world.publish('user:ann')
    await world.pass(1000)
    // The machine starts again two days in the past.
    world.clock.ms -= 48 * 3_600_000
    const next = await openEscalationOn(world.opened, world.now)
    await next.escalation.start()
    await next.escalation.settle()
    expect(next.provider('apns').asked).toHaveLength(1)
    await next.escalation.stop(0)
  })
})
