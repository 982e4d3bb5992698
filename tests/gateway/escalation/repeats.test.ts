import { toFrames } from '../../../gateway/ws/pushed-frames'
import type { Retention } from '../../../gateway/stores/feed-rules'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Alert, Outcome } from '../../../gateway/providers/provider'
import { exhaust, openEscalationOn, openWorld, hear, type Asked } from './escalation-world'

const reset = { type: 'retry', why: 'reset', unknown: true, provider: false } as const

const names = (asked: readonly Asked[], of: (alert: Alert) => string): Set<string> =>
  new Set(asked.map(({ alert }) => of(alert)))

const clearOf = (asked: readonly Asked[]): Alert | undefined =>
  asked.findLast(({ payload }) => payload.type === 'clear')?.alert

/**
 * A person with one phone that is away, and messages of two feeds and seconds that become one push, since the service
 * takes none for 3 s. `answers` are those to that push.
 */
async function openSummary(retention: Retention | undefined, ...answers: Outcome[]) {
  const world = await openWorld(retention ? { retention } : {})
  await world.addDevice('ann', 'ann-phone')
  await world.subscriptions.follow('ann', 'topic:news', undefined)
  const apns = world.provider('apns')
  apns.answers.push({ type: 'quota', why: 'too many', until: world.clock.ms + 3000 }, ...answers)
  const [one, two] = [await world.publish('user:ann'), await world.publish('user:ann')]
  await world.pass(2000)
  const news = await world.publish('topic:news')
  await world.pass(1000, 1000)
  expect(apns.asked.splice(0, 1)).toHaveLength(1)
  expect(apns.rung).toEqual([[one.id, two.id, news.id]])
  return { world, apns, one, two, news }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a summary that may have been taken', () => {
  it('goes again under its ids when some of it was read meanwhile, and when one message is left', async () => {
    // The tries are a known time apart, so that each read comes between two of them.
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const { world, apns, one, two } = await openSummary(undefined, reset, reset)
    await world.read('ann', 'topic:news', 1)
    while (apns.rung.length < 2) await world.pass(250)
    await world.read('ann', 'user:ann', 2)
    await world.pass(60_000)
    const rings = apns.asked.filter(({ payload }) => payload.type !== 'clear')
    expect(rings.map(({ payload }) => payload.type)).toEqual(
      expect.arrayContaining(['summary', 'summary', 'message']),
    )
    expect(apns.rung.slice(0, 2)).toEqual([
      [one.id, two.id, expect.any(String)],
      [one.id, two.id],
    ])
    expect(apns.rung.at(-1)).toEqual([one.id])
    expect(names(rings, ({ pushId }) => pushId).size).toBe(1)
    expect(names(rings, ({ collapseId }) => collapseId).size).toBe(1)
  })

  it('goes again whole, though its newer message would have to wait longer', async () => {
    const { world, apns, one, two, news } = await openSummary(undefined, reset)
    // The tablet is looked at from now on: each message waits for its ack, and that of the news 2 s longer.
    await world.addDevice('ann', 'ann-tablet')
    hear(world, 'ann', 'ann-tablet', 'foreground')
    await world.pass(30_000)
    expect(apns.rung.slice(1).filter((ids) => ids.includes(one.id))).toContainEqual([one.id, two.id, news.id])
    expect(apns.asked.filter(({ target }) => target.token.endsWith('ann-phone'))).toHaveLength(2)
  })

  it('goes again whole after a kill too', async () => {
    const { world, one, two, news } = await openSummary(undefined, reset)
    await world.addDevice('ann', 'ann-tablet')
    const next = await openEscalationOn(world.opened, world.now)
    hear(next, 'ann', 'ann-tablet', 'foreground')
    await next.escalation.start()
    for (let passed = 0; passed < 30_000; passed += 500) {
      await next.escalation.settle()
      world.clock.ms += 500
    }
    const { asked } = next.provider('apns')
    const rings = asked.filter(({ target }) => target.token.endsWith('ann-phone'))
    expect(rings.map(({ payload }) => 'ids' in payload && payload.ids)).toEqual([[one.id, two.id, news.id]])
    await next.escalation.stop(0)
  })

  it('that waited for a service goes at once after a restart, which knows nothing of what it waited for', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    exhaust(world.sender.circuits, 'apns', world.clock.ms + 3_600_000)
    const { id } = await world.publish('user:ann')
    await world.escalation.settle()
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'waiting', reason: 'quota' })
    const next = await openEscalationOn(world.opened, world.now)
    await next.escalation.start()
    await next.escalation.settle()
    expect(next.provider('apns').rung).toEqual([[id]])
    await next.escalation.stop(0)
  })

  it('is taken back when it was read before it was known', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push(reset)
    const { id } = await world.publish('user:ann')
    await world.escalation.settle()
    await world.read('ann', 'user:ann', 1)
    await world.pass(5000)
    expect(apns.rung).toEqual([[id]])
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: id, badge: 0 })
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'cancelled', reason: 'cleared' })
  })
})

describe('a summary of which something is read', () => {
  it('keeps its place on the screen until nothing of it is unread', async () => {
    const { world, apns, one, two, news } = await openSummary(undefined, { type: 'accepted', ref: 'the-ref' })
    const shown = apns.asked[0]?.alert.collapseId
    await world.read('ann', 'topic:news', 1)
    await world.pass(1000)
    expect(apns.cleared).toEqual([[news.id]])
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: news.id, badge: 2, ref: undefined })
    await world.read('ann', 'user:ann', 1)
    await world.read('ann', 'user:ann', 2)
    await world.pass(1000)
    expect(apns.cleared).toEqual([[news.id], [one.id, two.id]])
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: shown, badge: 0, ref: 'the-ref' })
    expect(names(apns.asked, ({ pushId }) => pushId).size).toBe(3)
  })
})

/** A push for the newer message of a feed and for news: the older one is not shown, and stays unread. */
async function openPartlyShown(
  hidden: { readonly priority?: number; readonly lifeMs?: number; readonly isAcked?: boolean },
  ...answers: Outcome[]
) {
  const world = await openWorld()
  await world.addDevice('ann', 'ann-phone')
  await world.subscriptions.follow('ann', 'topic:news', undefined)
  const apns = world.provider('apns')
  apns.answers.push({ type: 'quota', why: 'too many', until: world.clock.ms + 3000 }, ...answers)
  const { priority = 3, lifeMs, isAcked = false } = hidden
  await world.publish('user:ann', {
    priority,
    ...(lifeMs !== undefined && { expires: world.clock.ms + lifeMs }),
  })
  const shown = await world.publish('user:ann')
  await world.pass(2000)
  if (isAcked) await world.ack('ann', 'ann-phone', 'user:ann', 1)
  const news = await world.publish('topic:news')
  await world.pass(1000, 1000)
  apns.asked.splice(0, 1)
  expect(apns.rung).toEqual([[shown.id, news.id]])
  return { world, apns, shown, news }
}

describe('a push that did not show a message of its feed', () => {
  it.each([
    ['silent by its priority', { priority: 1 }],
    ['expired', { lifeMs: 1000 }],
    ['acked', { isAcked: true }],
  ])('is taken back when what it showed is read, and leaves that alone: %s', async (_, hidden) => {
    const { world, apns, shown, news } = await openPartlyShown(hidden)
    const [rung] = apns.asked
    await world.read('ann', 'user:ann', 2)
    await world.pass(1000)
    expect(apns.cleared).toEqual([[shown.id]])
    await world.read('ann', 'topic:news', 1)
    await world.pass(1000)
    expect(apns.cleared).toEqual([[shown.id], [news.id]])
    expect(clearOf(apns.asked)?.collapseId).toBe(rung?.alert.collapseId)
  })

  it('is taken back when it was read before it was known whether the service had taken it', async () => {
    const { world, apns, shown, news } = await openPartlyShown({ priority: 1 }, reset)
    const [rung] = apns.asked
    await world.read('ann', 'user:ann', 2)
    await world.read('ann', 'topic:news', 1)
    await world.pass(60_000)
    expect(apns.rung).toHaveLength(1)
    expect(new Set(apns.cleared.flat())).toEqual(new Set([shown.id, news.id]))
    expect(clearOf(apns.asked)?.collapseId).toBe(rung?.alert.collapseId)
  })

  it('does not ring for that later, when it stands for what it showed', async () => {
    const world = await openWorld()
    const quietHours = { from: '00:00', to: '23:59' } as const
    await world.addDevice('ann', 'ann-phone', { quietHours, timeZone: 'UTC' })
    const apns = world.provider('apns')
    apns.keeps = 'newest'
    await world.publish('user:ann')
    const urgent = await world.publish('user:ann', { priority: 5 })
    await world.pass(1000)
    await world.addDevice('ann', 'ann-phone', {})
    const later = await world.publish('user:ann')
    await world.pass(1000)
    expect(apns.rung).toEqual([[urgent.id], [urgent.id, later.id]])
  })
})

describe('a summary of which retention has dropped something', () => {
  // Of two messages the first goes, and of one none.
  const retention = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxCount: 1 }

  it('is taken back when the rest is read: what nobody can read any more is not unread', async () => {
    const { world, apns, two, news } = await openSummary(retention, { type: 'accepted', ref: 'the-ref' })
    const [
      {
        alert: { collapseId: shown },
      },
    ] = apns.asked as [Asked]
    await world.log.trim(undefined)
    await world.read('ann', 'topic:news', 1)
    await world.pass(1000)
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: news.id })
    await world.read('ann', 'user:ann', 2)
    await world.pass(1000)
    expect(apns.cleared).toEqual([[news.id], [two.id]])
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: shown, ref: 'the-ref' })
  })

  it('is taken back when all of it was read, some before it was dropped', async () => {
    const { world, apns, two, news } = await openSummary(retention, { type: 'accepted' })
    const [
      {
        alert: { collapseId: shown },
      },
    ] = apns.asked as [Asked]
    await world.read('ann', 'topic:news', 1)
    await world.read('ann', 'user:ann', 1)
    await world.log.trim(undefined)
    await world.read('ann', 'user:ann', 2)
    await world.pass(1000)
    expect(apns.cleared).toEqual([[two.id, news.id]])
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: shown })
  })

  it('is taken back when the rest was read while it was under way', async () => {
    const world = await openWorld({ retention })
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push({ type: 'quota', why: 'too many', until: world.clock.ms + 3000 }, async () => {
      await world.log.trim(undefined)
      await world.read('ann', 'user:ann', 2)
      return { type: 'accepted' }
    })
    await world.publish('user:ann')
    const two = await world.publish('user:ann')
    await world.pass(5000)
    expect(apns.cleared).toEqual([[two.id]])
  })
})

describe('a message that is read while its push is under way', () => {
  it('is taken back when the service has taken it', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push(async () => {
      await world.read('ann', 'user:ann', 1)
      return { type: 'accepted' }
    })
    const { id } = await world.publish('user:ann')
    await world.pass(1000)
    expect(apns.rung).toEqual([[id]])
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: id, badge: 0 })
  })
})

describe('urgent pushes of one device that may have been taken', () => {
  it('go again side by side: a service that hangs over one keeps no other waiting', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push(reset)
    const one = await world.publish('user:ann', { priority: 5 })
    await world.escalation.settle()
    apns.answers.push(reset)
    const two = await world.publish('user:ann', { priority: 5 })
    await world.escalation.settle()
    expect(apns.rung).toEqual([[one.id], [two.id]])
    // Neither is answered until both were asked for.
    const asked: string[] = []
    const both = new Promise<void>((resolve) => {
      apns.answers.push(
        ...[0, 1].map(() => async ({ payload }: Asked): Promise<Outcome> => {
          asked.push('id' in payload ? payload.id : '')
          if (asked.length === 2) resolve()
          await both
          return { type: 'accepted' }
        }),
      )
    })
    world.clock.ms += 60_000
    await world.escalation.settle()
    expect(asked.toSorted()).toEqual([one.id, two.id].toSorted())
  })
})

describe('a summary that was given up while nobody knew whether it had been taken', () => {
  it.each([
    ['as it was', false],
    ['after the log began anew', true],
  ])('is taken back under its name when the last of it is read: %s', async (_, isRenewed) => {
    const { world, apns, one, two, news } = await openSummary(undefined, reset)
    const [rung] = apns.asked
    // The app comes, and acks by its socket what the push may have shown.
    await world.ack('ann', 'ann-phone', 'user:ann', 2)
    await world.ack('ann', 'ann-phone', 'topic:news', 1)
    await world.pass(60_000)
    expect(apns.rung).toHaveLength(1)
    if (isRenewed) await world.log.renewEpochs()
    for (const seq of [1, 2]) await world.read('ann', 'user:ann', seq)
    await world.pass(1000)
    expect(apns.cleared.flat()).toEqual(expect.arrayContaining([one.id, two.id]))
    expect(clearOf(apns.asked)?.collapseId).not.toBe(rung?.alert.collapseId)
    await world.read('ann', 'topic:news', 1)
    await world.pass(1000)
    expect(apns.cleared.at(-1)).toEqual([news.id])
    expect(clearOf(apns.asked)?.collapseId).toBe(rung?.alert.collapseId)
  })

  it('is taken back when it was read while its last try was under way', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push(async () => {
      await world.read('ann', 'user:ann', 1)
      return reset
    })
    const { id } = await world.publish('user:ann', { expires: world.clock.ms + 100 })
    await world.pass(1000)
    expect(apns.rung).toEqual([[id]])
    expect(apns.cleared).toEqual([[id]])
  })

  it('is taken back when the log began anew before it was given up', async () => {
    const { world, apns } = await openSummary(undefined, reset)
    const [rung] = apns.asked
    await world.log.renewEpochs()
    await world.pass(60_000)
    expect(apns.rung).toHaveLength(1)
    for (const seq of [1, 2]) await world.read('ann', 'user:ann', seq)
    await world.read('ann', 'topic:news', 1)
    await world.pass(1000)
    expect(clearOf(apns.asked)?.collapseId).toBe(rung?.alert.collapseId)
  })
})

describe('what was pushed before the log began anew', () => {
  it('is told to the device under the new epoch, and taken back when it is read', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    const { id } = await world.publish('user:ann')
    await world.escalation.settle()
    await world.log.renewEpochs()
    const epoch = (await world.log.head('user:ann'))?.epoch
    expect(toFrames(await world.pushes.pushedTo({ user: 'ann', device: 'ann-phone' }))).toEqual([
      { type: 'pushed', feed: 'user:ann', epoch, ranges: [[1, 1]] },
    ])
    await world.read('ann', 'user:ann', 1)
    await world.pass(1000)
    expect(clearOf(apns.asked)).toMatchObject({ collapseId: id, badge: 0 })
  })
})

describe('a push that is under way while the log begins anew', () => {
  it('stands for the same message under the new epoch', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const apns = world.provider('apns')
    apns.answers.push(async () => {
      await world.log.renewEpochs()
      return { type: 'accepted' }
    })
    await world.publish('user:ann')
    await world.escalation.settle()
    expect(toFrames(await world.pushes.pushedTo({ user: 'ann', device: 'ann-phone' }))).toMatchObject([
      { epoch: (await world.log.head('user:ann'))?.epoch, ranges: [[1, 1]] },
    ])
  })
})
