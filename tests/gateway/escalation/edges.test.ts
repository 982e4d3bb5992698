import { describe, expect, it } from 'vitest'
import { exhaust, openWorld, pushBy, type World } from './escalation-world'

const HOUR_MS = 3_600_000

const one = async (world: World, priority = 3): Promise<string> => {
  const { id } = await world.publish('user:ann', { priority })
  await world.pass(0)
  return id
}

describe('a burst', () => {
  it('is three pushes in ten seconds; the next is held until the first of them is that old', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const begin = world.clock.ms
    for (let index = 0; index < 3; index++) {
      await one(world)
      world.clock.ms += 1000
    }
    const held = await one(world)
    expect(await world.standing(held, 'ann-phone')).toMatchObject({
      ...{ state: 'waiting', reason: 'burst', next: begin + 10_000 },
    })
    world.clock.ms = begin + 9999
    await world.pass(0)
    expect(world.provider('apns').rung).toHaveLength(3)
    world.clock.ms = begin + 10_000
    await world.pass(0)
    expect(world.provider('apns').rung).toHaveLength(4)
  })

  it('does not hold what is urgent, which counts all the same', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const begin = world.clock.ms
    for (let index = 0; index < 5; index++) {
      await one(world, 5)
      world.clock.ms += 1000
    }
    expect(world.provider('apns').rung).toHaveLength(5)
    const held = await one(world, 4)
    // Three of the newest: the oldest of those went at two seconds.
    expect(await world.standing(held, 'ann-phone')).toMatchObject({ reason: 'burst', next: begin + 12_000 })
  })
})

describe('a clear', () => {
  async function pushedAndRead(world: World): Promise<string> {
    await world.addDevice('ann', 'ann-phone')
    const id = await one(world)
    await world.read('ann', 'user:ann', 1)
    return id
  }
  const reasonsOf = async (world: World, id: string) =>
    (await world.standing(id, 'ann-phone')).events.map(({ reason }) => reason)

  it('is a push of its own, which names the one that it takes back', async () => {
    const world = await openWorld()
    world.provider('apns').answers.push({ type: 'accepted', ref: 'theirs' })
    await pushedAndRead(world)
    await world.pass(1000)
    const [rang, cleared] = world.provider('apns').asked
    expect(cleared?.alert).toMatchObject({ type: 'clear', ref: 'theirs' })
    expect(cleared?.alert.pushId).not.toBe(rang?.alert.pushId)
  })

  it('of several pushes at once has a name for each, so that no service takes one for a repeat', async () => {
    const world = await openWorld()
    world.provider('apns').answers.push({ type: 'accepted', ref: 'one' }, { type: 'accepted', ref: 'two' })
    await world.addDevice('ann', 'ann-phone')
    await one(world)
    world.clock.ms += 20_000
    await one(world)
    const epoch = (await world.log.head('user:ann'))?.epoch ?? ''
    await world.subscriptions.markRead('ann', 'user:ann', epoch, [[1, 2]])
    await world.pass(1000)
    const clears = world
      .provider('apns')
      .asked.flatMap(({ alert }) => (alert.type === 'clear' ? [alert] : []))
    expect(clears.map(({ ref }) => ref).sort()).toEqual(['one', 'two'])
    expect(new Set(clears.map(({ pushId }) => pushId)).size).toBe(2)
  })

  it('still names it after the service has told more of the push', async () => {
    const world = await openWorld()
    world.provider('apns').answers.push({ type: 'accepted', ref: 'theirs' })
    await world.addDevice('ann', 'ann-phone')
    await one(world)
    const step = { time: world.clock.ms, reason: 'arrived' as const, provider: 'apns' as const }
    expect(await world.pushes.noteReceipt('apns', 'theirs', step)).toBe(true)
    await world.read('ann', 'user:ann', 1)
    await world.pass(1000)
    expect(world.provider('apns').asked.at(-1)?.alert).toMatchObject({ type: 'clear', ref: 'theirs' })
  })

  it('is tried four times', async () => {
    const world = await openWorld()
    const apns = world.provider('apns')
    apns.answers.push({ type: 'accepted' })
    apns.otherwise = { type: 'retry', why: 'busy', unknown: false, provider: false }
    const id = await pushedAndRead(world)
    await world.pass(10 * 60_000, 5000)
    expect(apns.cleared).toHaveLength(4)
    expect(await reasonsOf(world, id)).toContain('clear_failed')
  })

  it('of a message that the log no longer has is given up, and says nothing of the service', async () => {
    const world = await openWorld()
    const id = await pushedAndRead(world)
    const apns = world.provider('apns')
    exhaust(world.sender.circuits, 'apns', world.clock.ms)
    const { log } = world
    const head = log.head.bind(log)
    log.head = async (feed) => {
      const found = await head(feed)
      return found && { ...found, epoch: 'another' }
    }
    await world.pass(0)
    log.head = head
    expect(apns.cleared).toEqual([])
    expect(await reasonsOf(world, id)).toContain('clear_failed')
    // The trial is still to be had, and by one only.
    const name = { provider: 'apns' }
    expect(world.sender.circuits.enter(name, world.clock.ms)).toHaveProperty('life')
    expect(world.sender.circuits.enter(name, world.clock.ms)).toHaveProperty('reason', 'quota')
  })

  it.each([
    ['soon, waits for it', HOUR_MS / 6, 'cleared'],
    ['when nobody looks any more, is given up', 2 * HOUR_MS, 'clear_failed'],
  ])('whose service takes pushes again %s', async (_when, pause, outcome) => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const id = await one(world)
    exhaust(world.sender.circuits, 'apns', world.clock.ms + pause)
    await world.read('ann', 'user:ann', 1)
    await world.pass(1000)
    expect((await reasonsOf(world, id)).includes('clear_failed')).toBe(outcome === 'clear_failed')
    await world.pass(HOUR_MS, 60_000)
    expect(await reasonsOf(world, id)).toContain(outcome)
    expect(world.provider('apns').cleared).toHaveLength(outcome === 'cleared' ? 1 : 0)
  })
})

describe('what is noted on one push', () => {
  it('by a late ack is not noted on another device, feed or user', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('ann', 'ann-tablet')
    await world.addDevice('bob', 'bob-phone')
    await world.subscriptions.follow('ann', 'topic:ci', undefined)
    const mine = await world.publish('user:ann')
    const topic = await world.publish('topic:ci')
    const bobs = await world.publish('user:bob')
    await world.pass(1000)
    world.clock.ms += 5000
    await world.ack('ann', 'ann-phone', 'user:ann', 1)
    await world.acks.flush()
    expect(await world.standing(mine.id, 'ann-phone')).toMatchObject({ state: 'acked', reason: 'acked_late' })
    for (const [id, device] of [
      [mine.id, 'ann-tablet'],
      [topic.id, 'ann-phone'],
      [bobs.id, 'bob-phone'],
    ] as const) {
      const { state, events } = await world.standing(id, device)
      expect([device, state, events.some(({ reason }) => reason === 'acked_late')]).toEqual([
        ...[device, 'pushed', false],
      ])
    }
  })

  it('by a receipt is not noted on another of the same service, or of the same name elsewhere', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('bob', 'bob-phone')
    await world.addDevice('cas', 'cas-phone', pushBy('jpush', 'cas'))
    world.provider('apns').answers.push({ type: 'accepted', ref: 'one' }, { type: 'accepted', ref: 'two' })
    world.provider('jpush').answers.push({ type: 'accepted', ref: 'one' })
    const { id } = await world.publish('all')
    await world.pass(1000)
    const step = { time: world.clock.ms, reason: 'arrived' as const, provider: 'apns' as const }
    await world.pushes.noteReceipt('apns', 'one', step)
    const arrived = await Promise.all(
      ['ann-phone', 'bob-phone', 'cas-phone'].map(async (device) =>
        (await world.standing(id, device)).events.some(({ reason }) => reason === 'arrived'),
      ),
    )
    expect(arrived.filter(Boolean)).toHaveLength(1)
    expect(arrived[2]).toBe(false)
  })
})

describe('a dead letter', () => {
  it('is sent again alone, under a new name', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.otherwise = { type: 'refused', why: 'TopicDisallowed', blame: 'push' }
    await world.subscriptions.follow('ann', 'topic:ci', undefined)
    await world.publish('topic:ci')
    await world.pass(1000)
    const mine = await world.publish('user:ann')
    await world.pass(1000)
    expect(await world.deadLetters.list(10)).toHaveLength(2)
    const before = apns.asked.length
    apns.otherwise = { type: 'accepted' }
    expect(await world.deadLetters.replay(await world.log.find(mine.id), 10)).toBe(1)
    await world.pass(1000)
    expect(apns.asked.slice(before).map(({ payload }) => payload.type === 'message' && payload.id)).toEqual([
      mine.id,
    ])
    const names = apns.asked.map(({ alert }) => alert.pushId)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('the store', () => {
  it('forgets pushes that are over and old, and none that is still to be made', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('bob', 'bob-phone', pushBy('jpush', 'bob'))
    world
      .provider('jpush')
      .answers.push({ type: 'quota', why: 'daily', until: world.clock.ms + 20 * HOUR_MS })
    const { id } = await world.publish('all')
    await world.pass(1000)
    const forget = (before: number) => world.pushes.forget(before, 10)
    expect(await forget(world.clock.ms - HOUR_MS)).toBe(0)
    expect(await forget(world.clock.ms + 1)).toBe(1)
    expect(await world.standing(id, 'bob-phone')).toMatchObject({ state: 'waiting', reason: 'quota' })
    await world.pass(21 * HOUR_MS, HOUR_MS)
    expect(await world.standing(id, 'bob-phone')).toMatchObject({ state: 'pushed', reason: 'accepted' })
  })
})

describe('many phones', () => {
  it('are rung at most 256 at a time, and the others as soon as there is room', async () => {
    const world = await openWorld()
    for (let index = 0; index < 300; index++)
      await world.addDevice(`u${String(index).padStart(3, '0')}`, `phone-${String(index)}`)
    const apns = world.provider('apns')
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    for (let index = 0; index < 300; index++)
      apns.answers.push(async () => {
        await gate
        return { type: 'accepted' }
      })
    await world.publish('all')
    world.escalation.wake()
    await expect.poll(() => apns.asked.length).toBe(256)
    release()
    // Nothing else wakes it: whoever waited for room goes on by himself.
    await expect.poll(() => apns.asked.length).toBe(300)
    await world.escalation.settle()
    expect(new Set(apns.asked.map(({ target }) => target.token)).size).toBe(300)
    expect(apns.asked).toHaveLength(300)
  })
})
