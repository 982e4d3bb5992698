import { describe, expect, it, onTestFinished } from 'vitest'
import { PACKAGE, startFcm, TOKEN } from '../providers/fcm/fcm-under-test'
import { openWorld, type World } from './escalation-world'

const MINUTE_MS = 60_000

/** Ann's phone, rung by a service that keeps only the newest push for a phone that is off. */
async function openNewest(keeps: 'newest' | 'perhaps_newest' = 'newest') {
  const world = await openWorld()
  await world.addDevice('ann', 'ann-phone')
  const apns = world.provider('apns')
  apns.keeps = keeps
  /** Publishes, lets the push go, and answers the message. */
  const ring = async (content: Parameters<World['publish']>[1] = {}, feed = 'user:ann') => {
    const message = await world.publish(feed, content)
    await world.pass(MINUTE_MS, 1000)
    return message
  }
  return { world, apns, ring }
}

describe('a push through a service that keeps one for a phone that is off', () => {
  it('stands for everything unacked: count, ids and the highest priority', async () => {
    const { apns, ring } = await openNewest()
    const urgent = await ring({ title: 'Database down', body: 'db1', priority: 5 })
    const low = await ring({ title: 'Backup done', priority: 2 })
    expect(apns.rung).toEqual([[urgent.id], [urgent.id, low.id]])
    expect(apns.asked.at(-1)).toMatchObject({
      alert: { priority: 5, title: '2 new messages', body: 'Database down\ndb1', collapseId: urgent.id },
      payload: { type: 'summary', count: 2 },
    })
  })

  it('says nothing of what was acked, read or muted, or has expired', async () => {
    const { world, apns, ring } = await openNewest()
    await world.subscriptions.follow('ann', 'topic:news', undefined)
    await ring({}, 'topic:news')
    await ring({ expires: world.now() + 2 * MINUTE_MS })
    const read = await ring()
    await world.read('ann', 'user:ann', read.seq)
    await world.subscriptions.follow('ann', 'topic:news', true)
    await world.pass(MINUTE_MS, 1000)
    const alone = await ring()
    expect(apns.rung.at(-1)).toEqual([alone.id])
    await world.ack('ann', 'ann-phone', 'user:ann', alone.seq)
    const last = await ring()
    expect(apns.rung.at(-1)).toEqual([last.id])
    expect(apns.asked.at(-1)?.alert.collapseId).toBe(last.id)
  })

  it('lives as long as the longest of what it stands for', async () => {
    const { world, apns, ring } = await openNewest()
    await ring({ priority: 5, expires: world.now() + 600 * MINUTE_MS })
    await ring({ expires: world.now() + 5 * MINUTE_MS })
    expect(apns.asked[1]?.alert.expires).toBe(apns.asked[0]?.alert.expires)
  })

  it('is one on the screen, and stays there until all of it was read', async () => {
    const { world, apns, ring } = await openNewest()
    const [first, second, third] = [await ring(), await ring(), await ring()]
    expect(new Set(apns.asked.map(({ alert }) => alert.collapseId))).toEqual(new Set([first.id]))
    await world.read('ann', 'user:ann', first.seq)
    await world.pass(MINUTE_MS, 1000)
    expect(apns.cleared).toEqual([[first.id]])
    // Under another name: it must not take the others off the screen.
    expect(apns.asked.at(-1)?.alert.collapseId).not.toBe(second.id)
    await world.read('ann', 'user:ann', second.seq)
    await world.read('ann', 'user:ann', third.seq)
    await world.pass(MINUTE_MS, 1000)
    expect(apns.asked.at(-1)).toMatchObject({ payload: { type: 'clear' }, alert: { collapseId: first.id } })
  })

  it('stands for one, too, of which nobody knows whether it was taken', async () => {
    const { world, apns, ring } = await openNewest()
    apns.answers.push({ type: 'retry', why: 'reset', unknown: true, provider: false, afterMs: 600_000 })
    const unsure = await ring()
    const next = await ring()
    expect(apns.rung).toEqual([[unsure.id], [unsure.id, next.id]])
    await world.pass(20 * MINUTE_MS, 10_000)
    expect(new Set(apns.rung.at(-1))).toEqual(new Set([unsure.id, next.id]))
    expect(apns.asked.at(-1)?.alert.collapseId).toBe(unsure.id)
  })

  it('does not show the words of a feed that keeps them to itself', async () => {
    const { world, apns, ring } = await openNewest()
    await world.addDevice('ann', 'ann-phone', { preview: false })
    await ring({ title: 'Secret', priority: 5 })
    await ring()
    expect(JSON.stringify(apns.asked.map(({ alert }) => alert))).not.toContain('Secret')
  })
})

describe('a push through a service that perhaps keeps one for a phone that is off', () => {
  it('stands for a more important one before it, and otherwise for itself alone', async () => {
    const { apns, ring } = await openNewest('perhaps_newest')
    const first = await ring()
    const urgent = await ring({ priority: 5 })
    const low = await ring({ priority: 2 })
    expect(apns.rung).toEqual([[first.id], [urgent.id], [first.id, urgent.id, low.id]])
    // Each has its own place on the screen, should the service keep them all.
    expect(apns.asked.map(({ alert }) => alert.collapseId)).toEqual([first.id, urgent.id, low.id])
    expect(apns.asked.at(-1)?.alert).toMatchObject({ priority: 5 })
  })
})

describe('an Android phone with Google that was off', () => {
  it('rings for the urgent message, though a less important one came after it', async () => {
    const { fake, provider, close } = await startFcm()
    onTestFinished(close)
    const world = await openWorld({ providers: ['fcm'], start: Date.now() })
    await world.addDevice('ann', 'ann-phone', {
      platform: 'android',
      push: [{ provider: 'fcm', app: PACKAGE, token: TOKEN }],
    })
    const fcm = world.provider('fcm')
    fcm.keeps = provider.keeps
    const send = ({ target, alert }: (typeof fcm.asked)[0]) =>
      provider.send(target, alert, new AbortController().signal)
    fcm.answers.push(send, send)
    fake.setOnline(TOKEN, false)
    const urgent = await world.publish('user:ann', { title: 'Database down', priority: 5 })
    await world.pass(MINUTE_MS, 1000)
    const low = await world.publish('user:ann', { title: 'Backup done', priority: 2 })
    await world.pass(MINUTE_MS, 1000)
    fake.setOnline(TOKEN, true)
    expect(fake.tray(TOKEN)).toHaveLength(1)
    const [{ message }] = fake.tray(TOKEN) as [(typeof fake.pushes)[0]]
    expect(message.android).toMatchObject({
      priority: 'HIGH',
      notification: { notification_priority: 'PRIORITY_MAX' },
    })
    expect(message.notification?.body).toContain('Database down')
    expect(JSON.parse(message.data?.payload ?? '')).toMatchObject({ count: 2, ids: [urgent.id, low.id] })
  })
})
