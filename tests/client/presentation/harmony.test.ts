import { describe, expect, it } from 'vitest'
import { writePayload } from '@/services/presentation/app/push-payload'
import {
  UniNotifications,
  type HarmonyPush,
  type UniPushEvent,
} from '@/services/presentation/harmony/uni-notifications'
import type { ClickTarget, Permission } from '@/services/presentation/presentation'
import { CLIENT_ID_TIMEOUT_MS, UniPushes, type UniPushesEnv } from '@/services/push/harmony/uni-pushes'
import type { ArrivedPush } from '@/services/push/push-port'
import { alertOf, HandClock, message, t } from './fixtures'

const LOUD = { sound: true, vibration: true, preview: true }
const PUSH = {
  herald: 1,
  to: 'recipient-of-me',
  badge: 3,
  type: 'message',
  id: message(1).id,
  feed: 'user:me',
  epoch: 'e1',
  seq: 1,
  time: 1,
  priority: 3,
}

/** `uni` of HarmonyOS with the module uni-push, as its page documents it (uniapp.dcloud.io/api/plugins/push). */
class FakeHarmony {
  readonly tray: { title: string; content: string; payload: string }[] = []
  authorized = 'authorized'
  cid: string | null | undefined = 'cid'
  late: (cid: string) => void = () => undefined
  readonly #listeners: ((event: UniPushEvent) => void)[] = []

  readonly uni: HarmonyPush & UniPushesEnv['uni'] = {
    createPushMessage: (options) => {
      const { title, content, payload } = options
      if (!content) {
        options.fail({ errMsg: 'content is required' })
        return
      }
      this.tray.push({ title, content, payload })
      options.success()
    },
    getAppAuthorizeSetting: () => ({ notificationAuthorized: this.authorized }),
    onPushMessage: (listener) => this.#listeners.push(listener),
    getPushClientId: (options) => {
      if (this.cid === undefined) options.fail()
      else if (this.cid !== null) options.success({ cid: this.cid })
      else
        this.late = (cid) => {
          options.success({ cid })
        }
    },
  }

  tell(event: UniPushEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

function open(phone = new FakeHarmony(), uni: HarmonyPush & UniPushesEnv['uni'] = phone.uni) {
  const clock = new HandClock()
  const now: { permission: Permission; recipient: string | null | undefined } = {
    ...{ permission: 'granted', recipient: 'recipient-of-me' },
  }
  const pushes = new UniPushes({
    uni,
    permission: () => now.permission,
    app: () => 'getui-app',
    recipient: () => now.recipient,
    clock,
    log: () => undefined,
  })
  const system = new UniNotifications({ uni, t, takeClick: (data) => pushes.takeClick(data) })
  const came: ArrivedPush[] = []
  pushes.onPush((push) => came.push(push))
  return { phone, clock, now, pushes, system, came }
}

describe('HarmonyOS', () => {
  it('keeps a push until the gateway has said for whom pushes are', async () => {
    const { phone, now, pushes, came } = open()
    now.recipient = undefined
    const others = { ...PUSH, to: 'recipient-of-another' }
    for (const payload of [PUSH, others]) phone.tell({ type: 'receive', data: { payload } })
    expect(came).toEqual([])
    await pushes.keep({
      server: '',
      token: '',
      device: 'd',
      recipient: PUSH.to,
      body: { app: 'herald' } as never,
    })
    expect(came).toEqual([{ payload: PUSH, shown: false }])
  })

  it('notifies, without a body too, and says aloud what was refused', async () => {
    const { phone, system } = open()
    await system.notify(alertOf(1), LOUD)
    await system.notify(alertOf(2, { body: '' }), LOUD)
    expect(phone.tray).toMatchObject([
      { title: 'title 1', content: 'body 1' },
      { title: 'builds', content: 'title 2' },
    ])
    const refusing = {
      ...phone.uni,
      createPushMessage: (options: { fail(error: object): void }) => options.fail({}),
    }
    await expect(open(phone, refusing).system.notify(alertOf(3), LOUD)).rejects.toThrow('createPushMessage')
  })

  it('asks nothing of a package without the module, nor of a person who said no', async () => {
    const bare = open(new FakeHarmony(), {})
    expect(await bare.system.permission()).toBe('unsupported')
    expect(await bare.pushes.find()).toEqual({ none: 'module' })
    const { phone, system, pushes, now } = open()
    phone.authorized = 'denied'
    now.permission = system.permissionNow()
    await system.notify(alertOf(1), LOUD)
    expect(phone.tray).toEqual([])
    expect(await pushes.find()).toEqual({ none: 'permission' })
  })

  it('registers by uni-push’s client id, and tells of one that came late', async () => {
    const { phone, clock, pushes } = open()
    expect(await pushes.find()).toEqual({
      registrations: [
        { provider: 'unipush', app: 'getui-app', environment: 'production', kind: 'alert', token: 'cid' },
      ],
    })
    let changes = 0
    pushes.onChange(() => (changes += 1))
    phone.cid = null
    const finding = pushes.find()
    clock.advance(CLIENT_ID_TIMEOUT_MS)
    expect(await finding).toEqual({ none: 'pending' })
    phone.late('late')
    expect(changes).toBe(1)
  })

  it.each([
    ['the payload', (payload: unknown) => payload],
    ['its text', (payload: unknown) => JSON.stringify(payload)],
    ['the notification with it', (payload: unknown) => ({ title: 'T', content: 'C', payload })],
    [
      'the notification with its text',
      (payload: unknown) => ({ title: 'T', payload: JSON.stringify(payload) }),
    ],
  ])('takes a push whose data is %s', (_, form) => {
    const { phone, came, system } = open()
    const targets: ClickTarget[] = []
    system.onClick((target) => targets.push(target))
    phone.tell({ type: 'receive', data: form(PUSH) })
    phone.tell({ type: 'receive', data: form({ ...PUSH, to: 'recipient-other' }) })
    phone.tell({ type: 'click', data: form(PUSH) })
    phone.tell({ type: 'click', data: form(JSON.parse(writePayload(alertOf(2)))) })
    expect(came.map(({ shown }) => shown)).toEqual([false, true])
    expect(targets).toEqual([
      { messageId: message(1).id, feed: 'user:me', pushed: true },
      { messageId: message(2).id, feed: 'topic:builds' },
    ])
  })
})
