import { describe, expect, it } from 'vitest'
import { hear, openWorld, pushBy } from './escalation-world'

describe('a message for a device of which nothing is known', () => {
  it('is pushed at once, with what the app needs to show it once', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const { id, epoch } = await world.publish('user:ann', { title: 'Backup', body: 'done', priority: 4 })
    await world.pass(0)

    const [asked] = world.provider('apns').asked
    expect(asked?.target).toMatchObject({
      provider: 'apns',
      app: 'com.example.herald',
      token: 'apns-ann-phone',
    })
    expect(asked?.alert).toMatchObject({
      ...{ type: 'message', title: 'Backup', body: 'done', priority: 4, collapseId: id, badge: 1 },
      ...{ thread: 'user:ann', sound: true, expires: world.clock.ms + 24 * 3_600_000 },
    })
    expect(asked?.payload).toEqual({
      ...{
        herald: 1,
        type: 'message',
        to: world.recipientOf('ann'),
        badge: 1,
        id,
        feed: 'user:ann',
        epoch,
        seq: 1,
      },
      ...{ time: world.clock.ms, priority: 4, title: 'Backup', body: 'done' },
    })
    expect(await world.standing(id, 'ann-phone')).toMatchObject({
      state: 'pushed',
      reason: 'accepted',
      next: null,
    })
    expect(world.pushed).toEqual([{ user: 'ann', device: 'ann-phone', first: 1, last: 1 }])
  })

  it('is pushed once, however often it is looked', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.publish('user:ann')
    await world.pass(120_000)
    expect(world.provider('apns').rung).toHaveLength(1)
  })

  it('is not pushed to a device that cannot be rung, and says so', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('bob', 'bob-phone', { platform: 'mp-weixin', push: [] })
    const { id } = await world.publish('user:bob')
    await world.pass(20_000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'bob-phone')).toMatchObject({ state: 'none', reason: 'no_registration' })
  })

  it('goes to every device of every follower, and to nobody else', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('ann', 'ann-tablet')
    await world.addDevice('bob', 'bob-phone')
    await world.addDevice('eve', 'eve-phone')
    await world.subscriptions.follow('ann', 'topic:ops', undefined)
    await world.subscriptions.follow('bob', 'topic:ops', undefined)
    await world.publish('topic:ops')
    await world.pass(0)
    const tokens = world.provider('apns').asked.map(({ target }) => target.token)
    expect(tokens.sort()).toEqual(['apns-ann-phone', 'apns-ann-tablet', 'apns-bob-phone'])
  })
})

describe('a device whose app is there', () => {
  it.each([
    ['foreground', 8000],
    ['background', 4000],
  ] as const)('in the %s is pushed to %i ms after the message, and not before', async (state, deadlineMs) => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', state)
    const { id } = await world.publish('user:ann')
    await world.pass(deadlineMs - 1000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'waiting', reason: 'awaiting_ack' })
    await world.pass(1000)
    expect(world.provider('apns').rung).toEqual([[id]])
  })

  it('is not pushed to when it acks in time, and no row is kept of it', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', 'foreground')
    const { id } = await world.publish('user:ann')
    await world.pass(1000)
    await world.ack('ann', 'ann-phone', 'user:ann', 1)
    await world.pass(60_000)
    expect(world.provider('apns').asked).toEqual([])
    const standing = await world.standing(id, 'ann-phone')
    expect(standing).toMatchObject({ state: 'acked', reason: 'acked', events: [{ reason: 'acked' }] })
    const { epoch = '' } = (await world.log.head('user:ann')) ?? {}
    const phone = { user: 'ann', device: 'ann-phone' }
    expect(await world.pushes.pushOf(phone, 'user:ann', epoch, 1)).toBeUndefined()
  })

  it('is pushed to as soon as its lease is over', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', 'foreground')
    await world.pass(39_000)
    const { id } = await world.publish('user:ann')
    await world.pass(4500)
    expect(world.provider('apns').rung).toEqual([[id]])
  })

  it('has three seconds to come back when its socket closes', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', 'foreground')
    world.presence.left('ann', 'ann-phone')
    await world.publish('user:ann')
    await world.pass(2500)
    expect(world.provider('apns').asked).toEqual([])
    await world.pass(2000)
    expect(world.provider('apns').rung).toHaveLength(1)
  })
})

describe('what takes a push back before it goes', () => {
  it.each(['foreground', 'background'] as const)('a read on another device, %s', async (state) => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', state)
    const { id } = await world.publish('user:ann')
    await world.pass(1000)
    await world.read('ann', 'user:ann', 1)
    await world.pass(60_000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'cancelled', reason: 'read' })
  })

  it('its expiry', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', 'foreground')
    const { id } = await world.publish('user:ann', { expires: world.clock.ms + 3000 })
    await world.pass(60_000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'cancelled', reason: 'expired' })
  })

  it('a mute, at any priority', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.subscriptions.follow('ann', 'topic:ops', true)
    const { id } = await world.publish('topic:ops', { priority: 5 })
    await world.pass(60_000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'cancelled', reason: 'muted' })
  })

  it('notifications that are switched off on the device', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', { notifications: false })
    const { id } = await world.publish('user:ann')
    await world.pass(10_000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ reason: 'notifications_off' })
  })

  it('a sign-out of the device', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', 'foreground')
    const { id } = await world.publish('user:ann')
    await world.pass(5000)
    await world.devices.end('ann', 'ann-phone')
    await world.pass(10_000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ reason: 'signed_out' })
  })

  it('quiet hours in the zone of the device, which urgent messages break', async () => {
    // Noon in London is eight in the evening in Shanghai.
    const world = await openWorld({ start: Date.UTC(2026, 0, 15, 12) })
    const quietHours = { from: '20:00', to: '07:00' }
    await world.addDevice('ann', 'ann-phone', { quietHours, timeZone: 'Asia/Shanghai' })
    await world.addDevice('bob', 'bob-phone', { quietHours, timeZone: 'Europe/London' })
    const { id } = await world.publish('all')
    const urgent = await world.publish('all', { priority: 5 })
    await world.pass(0)
    const rung = world.provider('apns').asked.map(({ target, payload }) => [target.token, payload.type])
    expect(rung.sort()).toEqual([
      ['apns-ann-phone', 'message'],
      ['apns-bob-phone', 'summary'],
    ])
    expect(world.provider('apns').rung.flat()).toContain(urgent.id)
    expect(await world.standing(id, 'bob-phone')).toMatchObject({ state: 'pushed' })
  })
})

describe('another device of the same person', () => {
  it('in the foreground with an ack holds the push 30 s, and a read then drops it', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('ann', 'ann-desk', { platform: 'h5', push: [] })
    hear(world, 'ann', 'ann-desk', 'foreground')
    const { id } = await world.publish('user:ann')
    await world.ack('ann', 'ann-desk', 'user:ann', 1)
    await world.pass(25_000)
    hear(world, 'ann', 'ann-desk', 'foreground')
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ reason: 'other_device_active' })
    await world.read('ann', 'user:ann', 1)
    await world.pass(60_000)
    expect(world.provider('apns').asked).toEqual([])
    expect(await world.standing(id, 'ann-phone')).toMatchObject({ state: 'cancelled', reason: 'read' })
  })

  it('in the foreground that nobody looks at delays the push, and does not lose it', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('ann', 'ann-desk', { platform: 'h5', push: [] })
    hear(world, 'ann', 'ann-desk', 'foreground')
    const { id } = await world.publish('user:ann')
    await world.ack('ann', 'ann-desk', 'user:ann', 1)
    await world.pass(29_000)
    hear(world, 'ann', 'ann-desk', 'foreground')
    expect(world.provider('apns').asked).toEqual([])
    await world.pass(1500)
    expect(world.provider('apns').rung).toEqual([[id]])
  })

  it('holds nothing that is urgent, and nothing when told so', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('ann', 'ann-desk', { platform: 'h5', push: [] })
    hear(world, 'ann', 'ann-desk', 'foreground')
    await world.publish('user:ann', { priority: 5 })
    await world.pass(0)
    expect(world.provider('apns').rung).toHaveLength(1)

    const hasty = await openWorld({
      deadlines: { foregroundMs: 8000, backgroundMs: 4000, quietWhenActiveMs: 0 },
    })
    await hasty.addDevice('ann', 'ann-phone')
    await hasty.addDevice('ann', 'ann-desk', { platform: 'h5', push: [] })
    hear(hasty, 'ann', 'ann-desk', 'foreground')
    await hasty.publish('user:ann')
    await hasty.pass(0)
    expect(hasty.provider('apns').rung).toHaveLength(1)
  })
})

describe('a device whose socket has just closed', () => {
  it('is pushed to when it does not come back, however long others are waited for', async () => {
    const world = await openWorld({
      deadlines: { foregroundMs: 600_000, backgroundMs: 600_000, quietWhenActiveMs: 0 },
    })
    await world.addDevice('ann', 'ann-phone')
    hear(world, 'ann', 'ann-phone', 'background')
    world.presence.left('ann', 'ann-phone')
    await world.publish('user:ann')
    await world.pass(2_000)
    expect(world.provider('apns').rung).toEqual([])
    await world.pass(2_000)
    expect(world.provider('apns').rung).toHaveLength(1)
  })
})

describe('a push that was read after it had gone', () => {
  it('is taken back from the devices that got it', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    await world.addDevice('ann', 'ann-tablet', pushBy('unipush', 'tablet'))
    const { id } = await world.publish('user:ann')
    await world.pass(1000)
    await world.read('ann', 'user:ann', 1)
    await world.pass(1000)
    for (const name of ['apns', 'unipush'] as const) {
      expect(world.provider(name).cleared).toEqual([[id]])
      const clear = world.provider(name).asked[1]
      expect(clear?.alert).toMatchObject({ type: 'clear', collapseId: id, badge: 0 })
      expect(clear?.payload).toMatchObject({ to: world.recipientOf('ann'), badge: 0 })
    }
    expect(await world.standing(id, 'ann-phone')).toMatchObject({
      state: 'pushed',
      reason: 'cleared',
      next: null,
    })
  })
})

describe('a burst', () => {
  it('of fifty messages is a few pushes, and the last counts all that are left', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone')
    const ids: string[] = []
    for (let index = 0; index < 50; index++) {
      ids.push((await world.publish('user:ann', { title: `No. ${String(index)}` })).id)
      await world.pass(100, 100)
    }
    await world.pass(30_000)
    const { rung, asked } = world.provider('apns')
    expect(rung.length).toBeLessThanOrEqual(5)
    expect(new Set(rung.flat())).toEqual(new Set(ids))
    expect(rung.flat()).toHaveLength(50)
    expect(asked.at(-1)?.alert).toMatchObject({ title: '47 new messages' })
  })

  it('that is there at once is one push', async () => {
    const world = await openWorld()
    await world.addDevice('ann', 'ann-phone', { locale: 'zh-CN', ...pushBy('apns', 'ann-phone') })
    for (let index = 0; index < 30; index++) await world.publish('user:ann')
    await world.pass(60_000)
    expect(world.provider('apns').asked).toHaveLength(1)
    expect(world.provider('apns').asked[0]?.alert).toMatchObject({ title: '30 条新消息', badge: 30 })
  })
})
