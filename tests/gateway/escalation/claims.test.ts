import { expect, describe, it } from 'vitest'
import { openEscalationOn, openWorld } from './escalation-world'

/** Holds up every read of the log until it is let go. */
function holdLog(log: { read: unknown }) {
  const read = log.read as (...values: unknown[]) => Promise<unknown>
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let begun = 0
  log.read = async (...values: unknown[]) => {
    begun += 1
    await opened
    return read.apply(log, values)
  }
  return { open, begun: () => begun }
}

describe('work that is claimed', () => {
  it('of a sweep is nobody else’s for half a minute', async () => {
    const world = await openWorld()
    const other = await openEscalationOn(world.opened, world.now, {}, 'other')
    await world.addDevice('ann', 'ann-phone')
    const held = holdLog(world.log)
    await world.publish('user:ann')
    const first = world.sweeper.step()
    await expect.poll(held.begun).toBe(1)
    world.clock.ms += 29_999
    expect(await other.sweeper.step()).toBe(false)
    world.clock.ms += 1
    const second = other.sweeper.step()
    await expect.poll(held.begun).toBe(2)
    held.open()
    expect(await Promise.all([first, second])).toEqual([true, true])
    // Whoever of the two came first, it is one push.
    await world.pass(0)
    expect(world.provider('apns').asked).toHaveLength(1)
  })

  it('of pushes is nobody else’s for a minute', async () => {
    const world = await openWorld()
    const other = await openEscalationOn(world.opened, world.now, {}, 'other')
    await world.addDevice('ann', 'ann-phone')
    await world.publish('user:ann')
    expect(await world.sweeper.step()).toBe(true)
    const apns = world.provider('apns')
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    apns.answers.push(() => gate.then(() => ({ type: 'accepted' })))
    expect(await world.sender.step()).toBe(true)
    await expect.poll(() => apns.asked.length).toBe(1)
    world.clock.ms += 59_999
    expect(await other.sender.step()).toBe(false)
    world.clock.ms += 1
    expect(await other.sender.step()).toBe(true)
    await other.sender.settled()
    // It may have gone: the same one again.
    expect(other.provider('apns').asked.map(({ alert }) => alert.pushId)).toEqual(
      apns.asked.map(({ alert }) => alert.pushId),
    )
    release()
    await world.sender.settled()
  })

  it('goes to its service once, though the clock jumps ahead while it is under way, and again when that fails', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.publish('user:ann')
    await world.sweeper.step()
    const apns = world.provider('apns')
    let fail: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (fail = resolve))
    apns.answers.push(() =>
      gate.then(() => ({ type: 'retry', why: 'away', unknown: false, provider: false, afterMs: 0 })),
    )
    await world.sender.step()
    await expect.poll(() => apns.asked.length).toBe(1)
    world.clock.ms += 3_600_000
    // Nothing is begun by that, so nobody looks again at once.
    expect(await world.sender.step()).toBe(false)
    fail()
    await world.sender.settled()
    expect(apns.asked).toHaveLength(1)
    await world.pass(2000)
    expect(apns.asked).toHaveLength(2)
  })
})
