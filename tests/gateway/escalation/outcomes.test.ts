import { HeraldError } from '@herald/protocol'
import { describe, expect, it, vi } from 'vitest'
import type { Outcome } from '../../../gateway/providers/provider'
import { exhaust, hear, openWorld, deviceBody, pushBy, type Asked } from './escalation-world'

const HOUR_MS = 3_600_000

const down = { type: 'retry', why: '503', unknown: false, provider: true } as const
const twoWays = {
  platform: 'android' as const,
  push: [
    { provider: 'unipush' as const, app: 'app', token: 'cid-1' },
    { provider: 'jpush' as const, app: 'app', token: 'rid-1' },
  ],
}

/** The ids under which a provider was asked, in order. */
const pushIds = (asked: readonly Asked[]): string[] => asked.map(({ alert }) => alert.pushId)

describe('an unknown outcome', () => {
  it('is tried again under the same id and collapse id, with jitter, until it is known', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push({ type: 'retry', why: 'the connection broke', unknown: true, provider: false }, () => {
      throw new Error('a bug')
    })
    const { id } = await world.publish('user:ann')
    await world.pass(60_000)
    expect(apns.asked).toHaveLength(3)
    expect(new Set(pushIds(apns.asked)).size).toBe(1)
    expect(new Set(apns.asked.map(({ alert }) => alert.collapseId))).toEqual(new Set([id]))
    const { events } = await world.standing(id, 'ann-phone')
    expect(events.map(({ reason, detail }) => [reason, detail])).toEqual([
      ['not_connected', undefined],
      ['retrying', 'the connection broke'],
      ['retrying', 'a bug'],
      ['accepted', undefined],
    ])
  })

  it('that turns out to have been an ack is not tried again', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    world.provider('apns').answers.push({ type: 'retry', why: 'reset', unknown: true, provider: false })
    const { id } = await world.publish('user:ann')
    await world.pass(0)
    await world.ack('ann', 'ann-phone', 'user:ann', 1)
    await world.pass(60_000)
    expect(world.provider('apns').asked).toHaveLength(1)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'acked' })
  })
})

describe('messages that come while one is tried again', () => {
  it('do not share its unknown fate: each goes under an id of its own', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push({ type: 'retry', why: 'reset', unknown: true, provider: false, afterMs: 5000 })
    const first = await world.publish('user:ann')
    await world.pass(1000)
    apns.answers.push({ type: 'retry', why: 'busy', unknown: false, provider: false, afterMs: 4000 })
    const second = await world.publish('user:ann')
    await world.pass(60_000)
    expect(apns.rung.filter(([id]) => id === first.id)).toHaveLength(2)
    expect(
      new Set(pushIds(apns.asked.filter(({ payload }) => 'id' in payload && payload.id === first.id))).size,
    ).toBe(1)
    expect(apns.rung.filter(([id]) => id === second.id)).toHaveLength(2)
  })

  it('do not share it either when a later try was certainly not taken: the first may have been', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push({ type: 'retry', why: 'reset', unknown: true, provider: false }, () => ({
      type: 'quota',
      why: 'too many',
      until: world.now() + 5000,
    }))
    const first = await world.publish('user:ann')
    await world.pass(3000)
    expect(apns.asked).toHaveLength(2)
    const second = await world.publish('user:ann')
    await world.pass(60_000)
    expect(apns.rung).toEqual([[first.id], [first.id], [first.id], [second.id]])
    expect(new Set(pushIds(apns.asked.slice(0, 3))).size).toBe(1)
  })

  it('take the way that is their own, not the one that the others have come to', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', twoWays)
    world.provider('unipush').answers.push({ type: 'refused', why: 'too long', blame: 'push' })
    world
      .provider('jpush')
      .answers.push({ type: 'retry', why: 'busy', unknown: false, provider: false, afterMs: 900 })
    const first = await world.publish('user:ann')
    await world.pass(800)
    const second = await world.publish('user:ann')
    await world.pass(60_000)
    expect(world.provider('unipush').rung.slice(0, 2)).toEqual([[first.id], [second.id]])
    expect(world.provider('jpush').rung).toEqual([[first.id]])
  })

  it('become one push with what a service that was down never took', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.otherwise = down
    for (let index = 0; index < 10; index++) {
      await world.publish('user:ann')
      await world.pass(60_000, 2000)
    }
    apns.otherwise = { type: 'accepted' }
    const before = apns.asked.length
    await world.pass(20 * 60_000, 5000)
    const after = apns.rung.slice(before)
    expect(after.flat()).toHaveLength(10)
    expect(after.length).toBeLessThan(5)
  })
})

describe('between the decision and the push', () => {
  it('nothing is sent that was read while the service gave out a handle', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', pushBy('jpush', 'ann'))
    const jpush = world.provider('jpush')
    jpush.prepare = async () => {
      await world.read('ann', 'user:ann', 1)
      return 'cid'
    }
    const { id } = await world.publish('user:ann')
    await world.pass(0)
    expect(jpush.asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'cancelled', reason: 'read' })
    expect(world.sender.circuits.open(world.now())).toEqual([])
  })
})

describe('a definite refusal', () => {
  it('of this push goes on to the device’s next registration, under a new id', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', twoWays)
    world.provider('unipush').answers.push({ type: 'refused', why: 'too long', blame: 'push' })
    const { id } = await world.publish('user:ann')
    await world.pass(0)
    expect(world.provider('jpush').rung).toEqual([[id]])
    const both = [...world.provider('unipush').asked, ...world.provider('jpush').asked]
    expect(new Set(pushIds(both)).size).toBe(2)
  })

  it('by the last registration is a dead letter with the provider’s words, which can be sent again', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push({ type: 'refused', why: 'PayloadTooLarge', blame: 'push' })
    const { id } = await world.publish('user:ann')
    await world.pass(1000)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({
      state: 'dead',
      reason: 'refused',
      next: null,
    })
    const [letter] = await world.deadLetters.list(10)
    expect(letter).toMatchObject({ message: id, user: 'ann', device: 'ann-phone', reason: 'refused' })
    expect(letter?.events).toContainEqual(
      expect.objectContaining({ detail: 'PayloadTooLarge', provider: 'apns' }),
    )

    await world.pass(30 * HOUR_MS, HOUR_MS)
    const message = await world.log.find(id)
    expect(await world.deadLetters.replay(message, 100)).toBe(1)
    await world.pass(1000)
    expect(apns.rung).toEqual([[id], [id]])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'pushed' })
    expect(await world.deadLetters.list(10)).toEqual([])
  })

  it('of our credentials leaves the provider alone and drops nothing', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('bob', 'bob-phone')
    const apns = world.provider('apns')
    apns.otherwise = { type: 'refused', why: 'InvalidProviderToken', blame: 'credentials' }
    const { id } = await world.publish('all')
    await world.pass(60_000)
    expect(apns.asked.length).toBeLessThanOrEqual(2)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({
      state: 'waiting',
      reason: 'credentials_refused',
    })
    expect(await world.devices.registrationsOf('ann', 'ann-phone')).toHaveLength(1)
    apns.otherwise = { type: 'accepted' }
    await world.pass(6 * 60_000, 10_000)
    expect(apns.rung.slice(-2)).toEqual([[id], [id]])
  })
})

describe('a token that is gone', () => {
  it('is dropped on proof, and the next registration rings', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', twoWays)
    world.provider('unipush').otherwise = { type: 'gone', why: 'target user is invalid' }
    const { id } = await world.publish('user:ann')
    await world.pass(0)
    expect(world.provider('jpush').rung).toEqual([[id]])
    expect((await world.devices.registrationsOf('ann', 'ann-phone')).map(({ provider }) => provider)).toEqual(
      ['jpush'],
    )
  })

  it('stays when it was registered again after the moment that the service names', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.otherwise = { type: 'gone', why: 'Unregistered', since: world.clock.ms - 1000 }
    const { id } = await world.publish('user:ann')
    await world.pass(60_000)
    expect(await world.devices.registrationsOf('ann', 'ann-phone')).toHaveLength(1)
    expect(apns.asked).toHaveLength(1)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'dead', reason: 'token_gone' })
  })

  it('of its last registration is a dead letter', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    world.provider('apns').otherwise = { type: 'gone', why: 'Unregistered', since: world.clock.ms + 1 }
    const { id } = await world.publish('user:ann')
    await world.pass(5000)
    expect(await world.devices.registrationsOf('ann', 'ann-phone')).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'dead', reason: 'token_gone' })
  })
})

describe('a push that seems too old', () => {
  it('waits while the gateway doubts its clock, and goes when that goes back', async () => {
    let doubts = true
    const world = await openWorld({ doubtsClock: () => doubts })
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.otherwise = { type: 'retry', why: 'no answer', unknown: false, provider: false, afterMs: 1000 }
    const { id } = await world.publish('user:ann')
    await world.pass(0)
    apns.otherwise = { type: 'accepted' }
    const asked = apns.asked.length
    const by = 2 * 365 * 24 * HOUR_MS
    world.clock.ms += by
    await world.pass(0)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'waiting', reason: 'clock_doubted' })
    const to = world.clock.ms
    world.clock.ms -= by
    await world.pushes.shift(-by, to, world.clock.ms)
    doubts = false
    await world.pass(0)
    expect(apns.asked).toHaveLength(asked + 1)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'pushed' })
  })

  it('goes at once when the clock went ahead while it was looked at', async () => {
    const world = await openWorld({ doubtsClock: () => true })
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    const { subscriptions, clock, pushes } = world
    const followOf = subscriptions.followOf.bind(subscriptions)
    let ms = 3 * 365 * 24 * HOUR_MS
    vi.spyOn(subscriptions, 'followOf').mockImplementation(async (...asked) => {
      const follow = await followOf(...asked)
      const [by, from] = [ms, clock.ms]
      ms = 0
      clock.ms += by
      if (by > 0) await pushes.shift(by, from, clock.ms)
      return follow
    })
    const { id } = await world.publish('user:ann')
    await world.pass(1000)
    expect(ms).toBe(0)
    expect(apns.rung).toEqual([[id]])
  })

  it('is given up when the clock is believed after all', async () => {
    let doubts = true
    const world = await openWorld({ doubtsClock: () => doubts })
    await world.addDevice('ann', 'ann-phone')
    world.provider('apns').otherwise = {
      ...{ type: 'retry', why: 'no answer', unknown: false, provider: false, afterMs: 1000 },
    }
    const { id } = await world.publish('user:ann')
    await world.pass(0)
    world.clock.ms += 365 * 24 * HOUR_MS
    await world.pass(0)
    doubts = false
    await world.pass(60_000)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'dead', reason: 'gave_up' })
  })
})

describe('a dead letter', () => {
  it('that may have been taken goes under a new id at a person’s word: its life begins anew', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.otherwise = { type: 'retry', why: 'no answer', unknown: true, provider: false, afterMs: HOUR_MS }
    const { id } = await world.publish('user:ann')
    await world.pass(0)
    await world.pass(25 * HOUR_MS, HOUR_MS)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'dead', reason: 'gave_up' })
    const before = new Set(apns.asked.map(({ alert }) => alert.pushId))
    expect(before.size).toBe(1)
    apns.otherwise = { type: 'accepted' }
    const asked = apns.asked.length
    expect(await world.deadLetters.replay(undefined, 10)).toBe(1)
    await world.pass(0)
    expect(apns.asked).toHaveLength(asked + 1)
    expect(before).not.toContain(apns.asked.at(-1)?.alert.pushId)
  })
})

describe('a provider that is down', () => {
  it('for an hour is left alone in between, and everything goes when it is back', async () => {
    const world = await openWorld()
    for (let index = 0; index < 20; index++)
      await world.addDevice(`u${String(index)}`, `phone-${String(index)}`)
    const apns = world.provider('apns')
    apns.otherwise = down
    await world.publish('all')
    await world.pass(HOUR_MS, 5000)
    // One probe a pause at most, beside what was under way when it broke.
    expect(apns.asked.length).toBeLessThan(20 + 5 + 40)
    expect(world.sender.circuits.open(world.clock.ms)).toEqual([{ provider: 'apns' }])
    apns.otherwise = { type: 'accepted' }
    const before = apns.asked.length
    await world.pass(30 * 60_000, 5000)
    const tokens = apns.asked.slice(before).map(({ target }) => target.token)
    expect(new Set(tokens).size).toBe(20)
    expect(tokens).toHaveLength(20)
  })

  it('gives its turn to the device’s next registration', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', twoWays)
    world.provider('unipush').otherwise = down
    const { id } = await world.publish('user:ann')
    await world.pass(60_000)
    expect(world.provider('jpush').rung).toEqual([[id]])
  })

  it('at one of its services pauses the pushes to that one only', async () => {
    const world = await openWorld({ providers: ['webpush'] })
    const webpush = Object.assign(world.provider('webpush'), {
      serviceOf: ({ token }: { token: string }) => token.replace('webpush-', ''),
    })
    for (const service of ['apple', 'mozilla'])
      await world.addDevice('ann', `at-${service}`, pushBy('webpush', service))
    webpush.otherwise = { type: 'accepted' }
    webpush.answers.push(
      ...[1, 2].map(
        () =>
          ({ target }: { target: { token: string } }): Outcome =>
            target.token === 'webpush-apple'
              ? { type: 'refused', why: 'no contact', blame: 'credentials' }
              : { type: 'accepted' },
      ),
    )
    await world.publish('user:ann')
    await world.pass(1000)
    expect(world.sender.circuits.open(world.clock.ms)).toEqual([{ provider: 'webpush', service: 'apple' }])
    await world.publish('user:ann')
    await world.pass(1000)
    const tokens = webpush.asked.map(({ target }) => target.token)
    expect(tokens.filter((token) => token === 'webpush-mozilla')).toHaveLength(2)
    expect(tokens.filter((token) => token === 'webpush-apple')).toHaveLength(1)
  })

  it('longer than the message lives ends in a dead letter, which says why', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    world.provider('apns').otherwise = down
    const { id } = await world.publish('user:ann', { expires: world.clock.ms + HOUR_MS })
    await world.pass(2 * HOUR_MS, 10_000)
    const { state, reason } = await world.standing(id, 'ann-phone')
    expect(['dead', 'cancelled']).toContain(state)
    expect(['gave_up', 'circuit_open', 'expired']).toContain(reason)
  })
})

describe('a push for several feeds', () => {
  it('that is not taken is tried again, and called a summary only when it has gone', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push({ type: 'retry', why: 'busy', unknown: false, provider: false })
    const ids = [(await world.publish('user:ann')).id, (await world.publish('all')).id]
    const reasons = async () =>
      Promise.all(ids.map(async (id) => (await world.standing(id, 'ann-phone')).reason))
    while (await world.sweeper.step());
    await world.sender.step()
    await world.sender.settled()
    expect(await reasons()).toEqual(['retrying', 'retrying'])
    await world.pass(5000)
    expect(apns.rung).toHaveLength(2)
    expect(await reasons()).toEqual(['summarised', 'summarised'])
  })
})

describe('a quota', () => {
  it.each([
    ['at the end of the message or later is a dead letter at once', 0, { state: 'dead', reason: 'quota' }],
    ['before the end of the message is waited for', -1, { state: 'waiting', reason: 'quota' }],
  ])('that is full again %s', async (_when, beforeMs, standing) => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const expires = world.clock.ms + HOUR_MS
    exhaust(world.sender.circuits, 'apns', expires + beforeMs)
    const { id } = await world.publish('user:ann', { expires })
    await world.pass(0)
    expect(await world.standing(id, 'ann-phone')).toMatchObject(standing)
  })

  it('holds pushes until it is over, says so, and is never called sent', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('bob', 'bob-phone')
    const apns = world.provider('apns')
    apns.answers.push({ type: 'quota', why: 'daily limit', until: world.clock.ms + 2 * HOUR_MS })
    const { id } = await world.publish('all')
    await world.pass(HOUR_MS, 60_000)
    expect(apns.asked.length).toBeLessThanOrEqual(2)
    // Either may have been the first that was asked.
    const states = await Promise.all(['ann-phone', 'bob-phone'].map((phone) => world.standing(id, phone)))
    expect(states).toContainEqual(expect.objectContaining({ state: 'waiting', reason: 'quota' }))
    await world.pass(1.1 * HOUR_MS, 60_000)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'pushed' })
    expect(await world.standing(id, 'bob-phone')).toMatchObject({ state: 'pushed' })
  })

  it('that lasts longer than the message is a dead letter', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    world
      .provider('apns')
      .answers.push({ type: 'quota', why: 'daily limit', until: world.clock.ms + 20 * HOUR_MS })
    const { id } = await world.publish('user:ann', { expires: world.clock.ms + HOUR_MS })
    await world.pass(1000)
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'dead', reason: 'quota' })
  })

  it('of one device a day is counted over all providers', async () => {
    const world = await openWorld({ dailyPerDevice: 2 })
    await world.addDevice('ann', 'ann-phone')
    const ids: string[] = []
    for (let index = 0; index < 4; index++) {
      ids.push((await world.publish('user:ann')).id)
      await world.pass(60_000, 10_000)
    }
    expect(world.provider('apns').rung).toEqual([[ids[0]], [ids[1]]])
    expect(await world.standing(ids[2] ?? '', 'ann-phone')).toMatchObject({
      state: 'waiting',
      reason: 'quota',
    })
    await world.pass(24 * HOUR_MS - 120_000, 600_000)
    expect(world.provider('apns').rung.length).toBe(3)
  })
})

describe('what makes a repeat safe', () => {
  it('is asked for once, kept before the first try, and given again', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', pushBy('jpush', 'rid'))
    const jpush = world.provider('jpush')
    let made = 0
    jpush.prepare = () => Promise.resolve(`cid-${String(++made)}`)
    jpush.answers.push(
      { type: 'retry', why: 'timeout', unknown: true, provider: false },
      { type: 'retry', why: 'busy', unknown: false, provider: false },
      { type: 'accepted' },
      { type: 'retry', why: 'busy', unknown: false, provider: false },
    )
    await world.publish('user:ann')
    await world.pass(60_000)
    await world.publish('user:ann')
    await world.pass(60_000)
    const handles = jpush.asked.map(({ alert }) => alert.handle)
    // After an unknown outcome the same; after a definite one alone there is nothing to repeat.
    expect(handles).toEqual(['cid-1', 'cid-1', 'cid-1', 'cid-2', 'cid-3'])
  })

  it('says nothing of the service when the disk does not take it, and keeps no trial from its end', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', pushBy('jpush', 'rid'))
    const { pushes, clock } = world
    const jpush = world.provider('jpush')
    jpush.prepare = () => Promise.resolve('cid')
    const { circuits } = world.sender
    exhaust(circuits, 'jpush', clock.ms)
    const keep = pushes.keepHandle.bind(pushes)
    pushes.keepHandle = () => Promise.reject(new HeraldError('storage_unavailable'))
    await world.publish('user:ann')
    await world.pass(1000)
    expect(world.faults.splice(0)).toHaveLength(1)
    expect(circuits.open(clock.ms)).toEqual([])
    pushes.keepHandle = keep
    await world.publish('user:ann')
    await world.pass(1000)
    expect(jpush.rung).toHaveLength(1)
  })
})

describe('content', () => {
  it('stays on the gateway for feeds that say so, and for devices without preview', async () => {
    const world = await openWorld({ idOnly: ['topic:clinic*'] })
    await world.addDevice('ann', 'ann-phone', { locale: 'en', ...pushBy('apns', 'ann-phone') })
    await world.addDevice('bob', 'bob-phone', {
      preview: false,
      locale: 'zh-CN',
      ...pushBy('apns', 'bob-phone'),
    })
    await world.subscriptions.follow('ann', 'topic:clinic-7', undefined)
    await world.publish('topic:clinic-7', { title: 'Diagnosis', body: 'secret words' })
    await world.publish('user:bob', { title: 'Private', body: 'secret words' })
    await world.pass(0)
    const { asked } = world.provider('apns')
    expect(asked).toHaveLength(2)
    for (const { alert, payload } of asked) {
      expect(JSON.stringify(alert)).not.toMatch(/secret|Diagnosis|Private/)
      expect(payload).not.toHaveProperty('title')
    }
    expect(asked.map(({ alert }) => alert.type === 'message' && alert.body).sort()).toEqual([
      'New message',
      '有一条新消息',
    ])
  })
})

describe('a registration', () => {
  it('belongs to the latest user that gave it: the one before is not rung there any more', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', pushBy('apns', 'the-phone'))
    hear(world, 'ann', 'ann-phone', 'foreground')
    await world.publish('user:ann')
    await world.pass(2000)
    await world.addDevice('bob', 'bob-phone', pushBy('apns', 'the-phone'))
    await world.publish('user:ann')
    await world.pass(60_000)
    expect(world.provider('apns').asked).toEqual([])
    await world.publish('user:bob')
    await world.pass(0)
    const [asked] = world.provider('apns').asked
    expect(asked?.payload.to).toBe(world.recipientOf('bob'))
  })

  it('goes with the session that it stands on', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const reader = { label: '', publish: [], read: true, admin: false }
    const { info } = await world.directory.createToken('ann', reader)
    await world.devices.put('ann', 'ann-phone', info, deviceBody(pushBy('apns', 'ann-phone')))
    // As one transaction with the token's end: there is no moment in which only one of them has happened.
    await world.directory.revokeToken(info.id)
    await world.publish('user:ann')
    await world.pass(10_000)
    expect(world.provider('apns').asked).toEqual([])
  })
})
