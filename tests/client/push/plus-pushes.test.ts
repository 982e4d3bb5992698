import { describe, expect, it } from 'vitest'
import type { PlusPushMessage } from '@/services/presentation/app/plus-push'
import { PlusPushes, TOKEN_TIMEOUT_MS, type PlusPushesEnv } from '@/services/push/app/plus-pushes'
import { plusRegistrations, type PlusClientInfo } from '@/services/push/app/plus-tokens'
import type { ArrivedPush, KeptSession } from '@/services/push/push-port'
import { FakeClock, settle } from '../fake-clock'

const APNS = 'ab'.repeat(32)
const MESSAGE = {
  herald: 1,
  to: 'recipient-of-me',
  badge: 3,
  type: 'message',
  id: '00000000-0000-4000-8000-000000000001',
  feed: 'user:me',
  epoch: 'e1',
  seq: 1,
  time: 1,
  priority: 3,
}
const IOS = {
  platform: 'ios' as const,
  bundleId: () => 'com.example.herald',
  dcloudId: '__UNI__1',
  apnsEnvironment: 'sandbox' as const,
  jpushKey: 'jpush-key',
}

/** `plus.push` of a phone. Script it with `info` (null: no answer until `answer`), `fire` and `tray`. */
function open(
  patch: Partial<PlusPushesEnv> = {},
  info: PlusClientInfo | null = { clientid: 'cid', appid: 'getui' },
) {
  const listeners = new Map<string, (message: PlusPushMessage) => void>()
  const clock = new FakeClock()
  const tray: PlusPushMessage[] = []
  const asked: string[] = []
  let late: (info: PlusClientInfo) => void = () => undefined
  const pushes = new PlusPushes({
    push: {
      addEventListener: (type, listener) => listeners.set(type, listener),
      getClientInfoAsync: (success) => {
        asked.push('info')
        if (info) success(info)
        else late = success
      },
      getAllMessage: () => [...tray],
      remove: (message) => tray.splice(tray.indexOf(message), 1),
    },
    permission: () => 'granted',
    getPushClientId: (options) => {
      options.fail()
    },
    jpush: () => null,
    identity: () => ({ ...IOS, platform: 'android' }),
    recipient: () => 'recipient-of-me',
    isHidden: () => false,
    clock,
    log: () => undefined,
    ...patch,
  })
  const came: ArrivedPush[] = []
  const receive = (payload: unknown): void => listeners.get('receive')?.({ payload })
  return {
    pushes,
    clock,
    tray,
    asked,
    came,
    receive,
    answer: (given: PlusClientInfo) => {
      late(given)
    },
  }
}

describe('the tokens of a phone', () => {
  it('are the system’s own first, then uni-push, then JPush', () => {
    const given = {
      cid: undefined,
      info: { clientid: 'cid', token: APNS, appid: 'getui' },
      registrationId: 'rid',
    }
    expect(plusRegistrations(IOS, given)).toEqual([
      { provider: 'apns', app: 'com.example.herald', environment: 'sandbox', kind: 'alert', token: APNS },
      { provider: 'unipush', app: 'getui', environment: 'production', kind: 'alert', token: 'cid' },
      { provider: 'jpush', app: 'jpush-key', environment: 'production', kind: 'alert', token: 'rid' },
    ])
    const android = plusRegistrations({ ...IOS, platform: 'android' }, given)
    expect(android.map(({ provider }) => provider)).toEqual(['unipush', 'jpush'])
  })

  it.each([
    ['as bytes are described', `<${APNS.replace(/(.{8})/g, '$1 ').trim()}>`, APNS],
    ['in capitals', APNS.toUpperCase(), APNS],
    ['with bytes left out', '{length = 32, bytes = 0xabababab ... abababab }', undefined],
    ['too short', 'abab', undefined],
    ['none', 'null', undefined],
  ])('of APNs: %s', (_, token, expected) => {
    const given = { cid: undefined, info: { token }, registrationId: undefined }
    expect(plusRegistrations(IOS, given)[0]?.token).toBe(expected)
  })

  it('are not what bridges write for a missing value', () => {
    for (const clientid of ['null', 'undefined', '', null]) {
      const info = { clientid, appid: 'getui' }
      expect(plusRegistrations(IOS, { cid: undefined, info, registrationId: '' })).toEqual([])
    }
  })

  it('are asked for only when notifications are allowed, since asking opens a dialog', async () => {
    const { pushes, asked } = open({ permission: () => 'default' })
    expect(await pushes.find()).toEqual({ none: 'permission' })
    expect(asked).toEqual([])
    expect(await open({ push: undefined }).pushes.find()).toEqual({ none: 'module' })
  })

  it('come from uni-push’s own client where there is no native SDK, and from JPush’s plugin', async () => {
    const { pushes } = open(
      {
        getPushClientId: (options) => {
          options.success({ cid: 'js-cid' })
        },
        jpush: () => ({
          getRegistrationID: (done) => {
            done({ code: 0, registerID: 'rid' })
          },
        }),
      },
      {},
    )
    expect(await pushes.find()).toMatchObject({
      registrations: [
        { provider: 'unipush', app: '__UNI__1', token: 'js-cid' },
        { provider: 'jpush', token: 'rid' },
      ],
    })
  })

  it('are not on their way where no push service was packed', async () => {
    const push = (message: string): Partial<PlusPushesEnv> => ({
      push: {
        addEventListener: () => undefined,
        getClientInfoAsync: (_success, fail) => {
          fail({ message })
        },
        getAllMessage: () => [],
        remove: () => undefined,
      },
    })
    expect(await open(push('no push platform')).pushes.find()).toEqual({ none: 'service' })
    expect(await open(push('network error')).pushes.find()).toEqual({ none: 'pending' })
  })

  it('that come late are told as a change, once', async () => {
    const { pushes, clock, answer } = open({}, null)
    let changes = 0
    pushes.onChange(() => (changes += 1))
    for (let round = 0; round < 2; round += 1) {
      const finding = pushes.find()
      await settle()
      clock.advance(TOKEN_TIMEOUT_MS)
      expect(await finding).toEqual({ none: 'pending' })
      answer({ clientid: 'cid' })
    }
    expect(changes).toBe(1)
  })
})

describe('a push', () => {
  it('that the app is handed is told on, as text or as an object, and from before somebody listens', () => {
    const { pushes, receive, came } = open()
    receive(JSON.stringify(MESSAGE))
    pushes.onPush((push) => came.push(push))
    receive(MESSAGE)
    expect(came).toEqual([
      { payload: MESSAGE, shown: false },
      { payload: MESSAGE, shown: false },
    ])
  })

  it('without words is one level deeper on iOS, and is taken', () => {
    const clear = { herald: 1, to: 'recipient-of-me', badge: 2, type: 'clear', ids: [MESSAGE.id] }
    const { pushes, receive, came } = open({ identity: () => IOS })
    pushes.onPush((push) => came.push(push))
    for (const payload of [clear, JSON.stringify(clear)]) receive({ payload })
    expect(came.map(({ payload }) => payload)).toEqual([clear, clear])
  })

  it('that iOS hands over in the background was shown by it', () => {
    const { pushes, receive, came } = open({ isHidden: () => true, identity: () => IOS })
    pushes.onPush((push) => came.push(push))
    receive(MESSAGE)
    expect(came).toEqual([{ payload: MESSAGE, shown: true }])
  })

  it('that is the echo of our own notice, or of another sender, is nothing', () => {
    const { pushes, receive, came } = open()
    pushes.onPush((push) => came.push(push))
    receive(JSON.stringify({ herald: 1, local: true, messageId: MESSAGE.id, feed: 'user:me' }))
    for (const foreign of ['hello', null, 5, {}, { ...MESSAGE, herald: 2 }, { ...MESSAGE, type: 'dance' }])
      receive(foreign)
    expect(came).toEqual([])
    expect(pushes.takeClick({ payload: 'hello' })).toBeNull()
  })

  it.each([
    ['somebody else is signed in', 'recipient-other'],
    ['nobody is signed in', null],
  ])('D4-07: for another user is dropped and taken from the tray: %s', (_, recipient) => {
    const { pushes, receive, came, tray } = open({ recipient: () => recipient })
    const own = { payload: JSON.stringify({ ...MESSAGE, to: 'recipient-third' }) }
    tray.push({ payload: MESSAGE }, own, { payload: 'another app’s' })
    pushes.onPush((push) => came.push(push))
    receive(MESSAGE)
    expect(pushes.takeClick({ payload: MESSAGE })).toBeNull()
    expect(came).toEqual([])
    expect(tray).toEqual([own, { payload: 'another app’s' }])
  })

  it('waits while the gateway has not said for whom pushes are, and is taken or dropped then', async () => {
    const { pushes, receive, came, tray } = open({ recipient: () => undefined })
    pushes.onPush((push) => came.push(push))
    const foreign = { payload: JSON.stringify({ ...MESSAGE, to: 'recipient-third' }) }
    tray.push(foreign)
    receive(MESSAGE)
    receive(foreign.payload)
    expect([came, tray]).toEqual([[], [foreign]])
    const session = { recipient: 'recipient-of-me' } as KeptSession
    await pushes.keep(session)
    expect(came).toEqual([{ payload: MESSAGE, shown: false }])
    expect(tray).toEqual([])
    await pushes.keep(session)
    expect(came).toHaveLength(1)
  })

  it('opens its message by a click, a summary the inbox, and both count as shown', () => {
    const { pushes, came } = open()
    pushes.onPush((push) => came.push(push))
    const summary = {
      herald: 1,
      to: 'recipient-of-me',
      badge: 5,
      type: 'summary',
      count: 5,
      ids: [MESSAGE.id],
    }
    const clear = { herald: 1, to: 'recipient-of-me', badge: 0, type: 'clear', ids: [] }
    expect(pushes.takeClick({ payload: MESSAGE })).toEqual({
      messageId: MESSAGE.id,
      feed: 'user:me',
      pushed: true,
    })
    expect(pushes.takeClick({ payload: summary })).toEqual({ inbox: true, pushed: true })
    expect(pushes.takeClick({ payload: clear })).toBeNull()
    expect(came.map(({ shown }) => shown)).toEqual([true, true, true])
  })
})
