import { NudgePushSchema, type DeviceBodySchema } from '@herald/protocol'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../../gateway/providers/provider'
import { openWorld, pushBy } from './escalation-world'

const PHONE = 'ann-phone'
const NODE = 'node-of-ann'
const BOB = 'bob@chat.example'

/** A gateway with a phone that has a chat account, and how its server says that there is something. */
async function openChat(
  body: Partial<v.InferInput<typeof DeviceBodySchema>> = {},
  options: Parameters<typeof openWorld>[0] = {},
) {
  const world = await openWorld(options)
  await world.addDevice('ann', PHONE, body)
  const register = (account = 'account-1', node = NODE) =>
    world.opened.nudges.register({
      ...{ user: 'ann', device: PHONE, account, node, domain: 'chat.example', component: 'push.example' },
      ...{ registered: world.now(), limit: 5 },
    })
  await register()
  const apns = world.provider('apns')
  return {
    ...{ ...world, apns, register },
    pass: (ms: number) => world.pass(ms),
    publish: (feed: string) => world.publish(feed),
    say: (sender: string | null = BOB, node = NODE) =>
      world.opened.nudges.note({ node, sender, now: world.now(), due: world.now() + 1200 }),
    fates: async () =>
      (await world.opened.nudges.listOf('ann', 20))
        .map(({ state, reason }) => `${state} ${reason}`)
        .reverse(),
    alerts: () =>
      apns.asked.map(({ alert }) =>
        alert.type === 'message' ? `${alert.title}: ${alert.body}` : alert.type,
      ),
  }
}

describe('a chat server’s nudge', () => {
  it('is one push that says who wrote, however often the server says so', async () => {
    const { say, pass, apns, alerts, fates } = await openChat()
    await say()
    await pass(1000)
    await say()
    expect(apns.asked).toEqual([])
    await pass(500)
    expect(alerts()).toEqual([`${BOB}: New message`])
    const [asked] = apns.asked
    expect(v.parse(NudgePushSchema, asked?.payload)).toMatchObject({ account: 'account-1', badge: 0 })
    expect(asked?.alert.collapseId.length).toBeLessThanOrEqual(64)
    expect(await fates()).toEqual(['pushed accepted'])
  })

  it('takes the place of the one before of the same person, and of nobody else’s', async () => {
    const { say, pass, apns } = await openChat()
    for (const sender of [BOB, 'cas@chat.example', BOB]) {
      await say(sender)
      await pass(1500)
    }
    const names = apns.asked.map(({ alert }) => alert.collapseId)
    expect(names[2]).toBe(names[0])
    expect(names[1]).not.toBe(names[0])
  })

  it('names nobody where the device shows no previews, and speaks its language', async () => {
    const { say, pass, alerts } = await openChat({ preview: false, locale: 'zh-CN' })
    await say()
    await pass(1500)
    expect(alerts()).toEqual(['聊天: 新消息'])
  })

  it.each([
    ['notifications are off', { notifications: false }, 'cancelled notifications_off'],
    ['quiet hours hold', { quietHours: { from: '00:00', to: '00:00' } }, 'cancelled quiet_hours'],
    ['no push service reaches the device', { push: [] }, 'cancelled no_registration'],
  ])('alerts nobody when %s', async (_, body, fate) => {
    const { say, pass, apns, fates } = await openChat(body)
    await say()
    await pass(1500)
    expect(apns.asked).toEqual([])
    expect(await fates()).toEqual([fate])
  })

  it('alerts nobody once the device has signed out, or taken the account off', async () => {
    const { say, pass, apns, fates, register, opened } = await openChat()
    await register('account-2', 'node-2')
    await say()
    await opened.nudges.unregister({ user: 'ann', device: PHONE }, 'account-1')
    await say(BOB, 'node-2')
    await opened.devices.end('ann', PHONE)
    await pass(1500)
    expect(apns.asked).toEqual([])
    expect(await fates()).toEqual(['cancelled signed_out', 'cancelled signed_out'])
  })

  it('goes again under the same id when nobody knows whether its push was taken', async () => {
    const { say, pass, apns, fates } = await openChat()
    const unknown: Outcome = { type: 'retry', why: 'no answer', unknown: true, provider: true }
    apns.answers.push(unknown)
    await say()
    await pass(5000)
    expect(apns.asked).toHaveLength(2)
    expect(apns.asked[1]?.alert.pushId).toBe(apns.asked[0]?.alert.pushId)
    expect(await fates()).toEqual(['pushed accepted'])
  })

  it('goes by the device’s next registration when the first refuses or is gone', async () => {
    const push = [
      ...pushBy('apns', PHONE).push,
      ...pushBy('jpush', PHONE).push,
      ...pushBy('unipush', PHONE).push,
    ]
    const { say, pass, apns, provider, fates } = await openChat({ push })
    apns.answers.push({ type: 'gone', why: 'no such token' })
    provider('jpush').answers.push({ type: 'refused', why: 'never', blame: 'push' })
    await say()
    await pass(2000)
    expect([apns, provider('jpush'), provider('unipush')].map(({ asked }) => asked.length)).toEqual([1, 1, 1])
    expect(await fates()).toEqual(['pushed accepted'])
  })

  it('waits while its push service is left alone, and goes when that is over', async () => {
    const { say, pass, apns, fates, clock } = await openChat()
    apns.answers.push({ type: 'quota', why: 'used up', until: clock.ms + 60_000 })
    await say()
    await pass(2000)
    expect(await fates()).toEqual(['waiting quota'])
    await pass(60_000)
    expect(await fates()).toEqual(['pushed accepted'])
  })

  it('holds the fourth within ten seconds, which then stands for all that came', async () => {
    const { say, pass, apns, fates } = await openChat()
    for (let count = 0; count < 5; count += 1) {
      await say(`friend-${String(count)}@chat.example`)
      await pass(1300)
    }
    expect(apns.asked).toHaveLength(3)
    expect(await fates()).toEqual(['pushed accepted', 'pushed accepted', 'pushed accepted', 'waiting burst'])
    await pass(10_000)
    expect(apns.asked).toHaveLength(4)
  })

  it('counts towards the pushes of a day with messages, and no message waits for it', async () => {
    const { say, pass, publish, apns, fates } = await openChat({}, { dailyPerDevice: 2 })
    await say()
    await pass(1500)
    await publish('user:ann')
    await pass(1500)
    await say()
    await pass(1500)
    expect(apns.asked).toHaveLength(2)
    expect(await fates()).toEqual(['pushed accepted', 'waiting quota'])
    await publish('user:ann')
    await pass(15_000)
    expect(apns.asked).toHaveLength(3)
  })

  it('is given up when it is not worth a push any more', async () => {
    const { say, pass, apns, fates, clock } = await openChat({}, { lifeMs: 60_000 })
    apns.answers.push({ type: 'quota', why: 'used up', until: clock.ms + 3_600_000 })
    await say()
    await pass(2000)
    expect(await fates()).toEqual(['dead quota'])
  })
})
