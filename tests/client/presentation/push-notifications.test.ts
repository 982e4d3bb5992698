import { describe, expect, it } from 'vitest'
import { isLocalEcho, readPayload, writePayload } from '@/services/presentation/app/push-payload'
import { PushNotifications, type PushNotificationsEnv } from '@/services/presentation/app/push-notifications'
import { summarise } from '@/services/presentation/flood'
import type { ClickTarget, NotifyOptions } from '@/services/presentation/presentation'
import { MemoryKeyValue } from '@/services/storage/key-value'
import { FakePhone } from './fake-plus'
import { alertOf, HandClock, message, messages, t } from './fixtures'

const LOUD: NotifyOptions = { sound: true, vibration: true, preview: true }
const summary = summarise([message(1), ...messages(2, 36)])

function open(phone: FakePhone, env: Partial<PushNotificationsEnv> = {}) {
  const clock = new HandClock()
  const keyValue = new MemoryKeyValue()
  const cleared: number[] = []
  const ports = {
    push: phone.push,
    uni: phone.uni,
    android: phone.android,
    osVersion: '14',
    keyValue,
    clock,
    t,
    takeClick: () => null,
    isVisible: () => phone.visible,
    unread: () => phone.unread,
    ownsTray: true,
    onCleared: () => {
      cleared.push(phone.unread)
    },
  }
  return { clock, keyValue, cleared, notifications: new PushNotifications({ ...ports, ...env }) }
}

/** Lets everything run that can, and then half a second pass. */
async function turn(clock: HandClock): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(500)
}

describe('a notification on Android', () => {
  it('has title, content, a payload as text and a channel', async () => {
    const phone = new FakePhone('Android')
    await open(phone).notifications.notify(alertOf(1), LOUD)
    expect(phone.tray).toEqual([
      {
        title: 'title 1',
        content: 'body 1',
        sound: 'system',
        channelId: 'herald_normal_vibrate',
        when: new Date(message(1).time),
        payload: JSON.stringify({ herald: 1, local: true, messageId: message(1).id, feed: 'topic:builds' }),
      },
    ])
  })

  it.each([
    ['with a title', { title: 'Disk full', body: '' }, 'builds', 'Disk full'],
    [
      'with a picture alone',
      { title: undefined, body: '![](https://x/y.png)', markdown: true },
      'builds',
      'alert.blank',
    ],
  ])(
    'without a body says its title, since uni refuses an empty content: %s',
    async (_, content, title, words) => {
      const phone = new FakePhone('Android')
      await open(phone).notifications.notify(alertOf(1, content), LOUD)
      expect(phone.tray).toMatchObject([{ title, content: words }])
    },
  )

  it('has one line, and the time of its message', async () => {
    const phone = new FakePhone('Android')
    await open(phone).notifications.notify(alertOf(1, { body: 'one\ntwo\n\nthree' }), LOUD)
    expect(phone.tray).toMatchObject([{ content: 'one two three', when: new Date(message(1).time) }])
  })

  it('has a channel for each way of being loud, as a channel cannot change', async () => {
    const phone = new FakePhone('Android')
    const { notifications } = open(phone)
    for (const sound of [true, false]) {
      for (const vibration of [true, false]) {
        for (const priority of [2, 3, 4, 5])
          await notifications.notify(alertOf(1, { priority }), { sound, vibration, preview: true })
      }
    }
    expect(Object.fromEntries(phone.channels)).toEqual({
      herald_normal_vibrate: { description: 'alert.channel.normal', importance: 3, vibrates: true },
      herald_urgent_vibrate: { description: 'alert.channel.urgent', importance: 4, vibrates: true },
      herald_normal: {
        description: 'alert.channel.noVibration name=alert.channel.normal',
        importance: 3,
        vibrates: false,
      },
      herald_urgent: {
        description: 'alert.channel.noVibration name=alert.channel.urgent',
        importance: 4,
        vibrates: false,
      },
      herald_quiet: { description: 'alert.channel.quiet', importance: 2, vibrates: false },
    })
  })

  it('has none below Android 8', async () => {
    const phone = new FakePhone('Android', false)
    await open(phone, { osVersion: '7.1' }).notifications.notify(alertOf(1), LOUD)
    expect(phone.tray).toMatchObject([{ channelId: undefined }])
  })

  it('is taken away by message; the summary is one, and goes by itself', async () => {
    const phone = new FakePhone('Android')
    const { notifications } = open(phone)
    for (const number of [1, 2]) await notifications.notify(alertOf(number), LOUD)
    await notifications.notify(summary, LOUD)
    await notifications.notify(summary, { ...LOUD, sound: false })
    expect(phone.tray.map(({ title }) => title)).toEqual([
      'title 1',
      'title 2',
      'alert.summary.title count=37',
    ])
    await notifications.close([message(1).id, message(7).id])
    await notifications.closeSummary()
    expect(phone.tray.map(({ title }) => title)).toEqual(['title 2'])
    await notifications.closeAll()
    expect(phone.tray).toEqual([])
  })

  it('begins with an empty tray: its numbers would replace what an earlier process has left unread', async () => {
    const phone = new FakePhone('Android')
    await open(phone).notifications.notify(alertOf(1), LOUD)
    const { notifications } = open(phone)
    await notifications.notify(alertOf(2), LOUD)
    await notifications.notify(alertOf(3), LOUD)
    expect(phone.tray.map(({ title }) => title)).toEqual(['title 2', 'title 3'])
  })

  it('opens the inbox when a tap gives the payload of an earlier process', async () => {
    const phone = new FakePhone('Android')
    const { notifications } = open(phone)
    const targets: ClickTarget[] = []
    notifications.onClick((target) => targets.push(target))
    phone.clickWith(writePayload(alertOf(7)))
    await notifications.notify(alertOf(1), LOUD)
    phone.clickWith(writePayload(alertOf(7)))
    phone.click(0)
    const opened = (number: number) => ({ messageId: message(number).id, feed: 'topic:builds' })
    expect(targets).toEqual([opened(7), { inbox: true }, opened(1)])
  })

  it('leaves other payloads in the tray alone', async () => {
    const phone = new FakePhone('Android')
    const { notifications } = open(phone)
    await notifications.closeSummary()
    phone.tray.push({
      payload: 'hello',
      title: 'x',
      content: '',
      sound: '',
      channelId: undefined,
      when: new Date(0),
    })
    await notifications.close([message(1).id])
    await notifications.closeSummary()
    await notifications.notify(alertOf(1), LOUD)
    await notifications.close([message(1).id])
    expect(phone.tray).toMatchObject([{ payload: 'hello' }])
  })

  it('goes as a whole with whoever signs out, what a vendor’s service put there, too', async () => {
    const phone = new FakePhone('Android')
    const { notifications } = open(phone)
    await notifications.notify(alertOf(1), LOUD)
    await open(phone).notifications.closeAll()
    expect(phone.tray).toEqual([])
  })
})

describe('a notification on iOS', () => {
  it('has its title in the first line and no other, so that it is said once whether iOS shows a title or the app’s name', async () => {
    const phone = new FakePhone('iOS')
    const { notifications } = open(phone)
    await notifications.notify(alertOf(1), LOUD)
    await notifications.notify(alertOf(2, { body: '' }), { ...LOUD, sound: false })
    expect(phone.tray).toMatchObject([
      { title: undefined, content: 'title 1\nbody 1', sound: 'system', channelId: undefined },
      { title: undefined, content: 'title 2', sound: 'none' },
    ])
  })

  it('can only be cleared with all others: once nothing in the tray is unread', async () => {
    const phone = new FakePhone('iOS')
    const { notifications } = open(phone)
    for (const number of [1, 2]) await notifications.notify(alertOf(number), LOUD)
    await notifications.notify(summary, LOUD)
    await notifications.close([message(1).id])
    await notifications.closeSummary()
    expect(phone.tray).toHaveLength(3)
    await notifications.close([message(2).id])
    expect(phone.tray).toHaveLength(0)
  })

  it('goes with all others only when nothing is unread, or the list is looked at: pushes lie there too', async () => {
    const phone = new FakePhone('iOS')
    const { notifications } = open(phone)
    phone.visible = false
    phone.unread = 2
    await notifications.notify(alertOf(1), LOUD)
    await notifications.close([message(1).id])
    await notifications.closeSummary()
    expect(phone.cleared).toBe(0)
    phone.visible = true
    await notifications.closeSummary()
    phone.visible = false
    phone.unread = 0
    await notifications.close([message(2).id])
    expect(phone.cleared).toBe(2)
  })

  it('has the icon’s number set anew when the tray was cleared, as iOS sets 0 with it', async () => {
    const phone = new FakePhone('iOS')
    const { notifications, cleared } = open(phone)
    phone.unread = 5
    await notifications.closeSummary()
    await notifications.closeAll()
    expect(cleared).toEqual([5, 5])
  })

  it('is one summary, however often it changes', async () => {
    const phone = new FakePhone('iOS')
    const { notifications } = open(phone)
    for (let changes = 0; changes < 3; changes++) await notifications.notify(summary, LOUD)
    expect(phone.tray).toHaveLength(1)
    await notifications.notify(alertOf(1), LOUD)
    await notifications.notify(summary, LOUD)
    expect(phone.tray).toHaveLength(3)
  })

  it.each(['read', 'signed out of'] as const)(
    'that is %s in the second before iOS shows it goes once it is shown, and what came after it stays',
    async (why) => {
      const phone = new FakePhone('iOS')
      const { notifications, clock } = open(phone)
      phone.clock = clock
      const end = () => (why === 'read' ? notifications.close([message(1).id]) : notifications.closeAll())
      await notifications.notify(alertOf(1), LOUD)
      clock.advance(400)
      await end()
      clock.advance(700)
      expect(phone.tray).toHaveLength(1)
      clock.advance(400)
      expect(phone.tray).toEqual([])

      await notifications.notify(alertOf(1), LOUD)
      await end()
      await notifications.notify(alertOf(2), LOUD)
      clock.advance(10_000)
      expect(phone.tray.map(({ content }) => content)).toContain('title 2\nbody 2')
      expect(clock.timers).toBe(0)
    },
  )

  it('is known again when iOS hands it back as received', async () => {
    const phone = new FakePhone('iOS')
    await open(phone).notifications.notify(alertOf(1), LOUD)
    expect(phone.received.map((event) => isLocalEcho(event as { payload: unknown }))).toEqual([true])
    expect(isLocalEcho({ payload: { herald: 1, messageId: 'a', feed: 'all' } })).toBe(false)
    expect(isLocalEcho({})).toBe(false)
  })
})

describe('a click', () => {
  it.each(['Android', 'iOS'] as const)(
    'opens the message on %s, also when it came before the app was ready',
    async (os) => {
      const phone = new FakePhone(os)
      const { notifications } = open(phone)
      await notifications.notify(alertOf(1), LOUD)
      await notifications.notify(summary, LOUD)
      phone.click(0)
      const targets: ClickTarget[] = []
      notifications.onClick((target) => targets.push(target))
      phone.click(0)
      expect(targets).toEqual([{ messageId: message(1).id, feed: 'topic:builds' }, { inbox: true }])
    },
  )

  it('on another sender’s notification opens nothing', () => {
    const phone = new FakePhone('Android')
    const { notifications } = open(phone)
    const targets: ClickTarget[] = []
    notifications.onClick((target) => targets.push(target))
    for (const payload of ['text', '{', null, undefined, 5, { messageId: 'a', feed: 'b' }, '{"herald":1}'])
      phone.clickWith(payload)
    expect(targets).toEqual([])
  })

  it('carries what was written', () => {
    expect(readPayload(writePayload(summary))).toEqual({ local: true, target: { inbox: true } })
    const { id, feed } = message(1)
    expect(readPayload({ herald: 1, messageId: id, feed, extra: 1 })).toEqual({
      local: false,
      target: { messageId: id, feed },
    })
  })
})

describe('the permission', () => {
  it('of Android 13 is asked for, and again after one no', async () => {
    const phone = new FakePhone('Android')
    phone.authorized = 'denied'
    phone.dialog = 'deny'
    const { notifications } = open(phone, { osVersion: '13' })
    expect(await notifications.permission()).toBe('default')
    expect(await notifications.requestPermission()).toBe('default')
    phone.dialog = 'allow'
    expect(await notifications.requestPermission()).toBe('granted')
    expect(await notifications.requestPermission()).toBe('granted')
    expect(phone.asked).toEqual([
      'android.permission.POST_NOTIFICATIONS',
      'android.permission.POST_NOTIFICATIONS',
    ])
  })

  it('that Android will not ask for again is denied, after a restart too', async () => {
    const phone = new FakePhone('Android')
    phone.authorized = 'denied'
    phone.dialog = 'deny always'
    const { keyValue, notifications } = open(phone)
    expect(await notifications.requestPermission()).toBe('denied')
    const restarted = open(phone, { keyValue }).notifications
    expect(await restarted.requestPermission()).toBe('denied')
    expect(phone.asked).toHaveLength(1)
    restarted.openSettings()
    expect(phone.settingsOpened).toBe(1)
  })

  it('of Android 12 is the system’s setting only', async () => {
    const phone = new FakePhone('Android')
    phone.authorized = 'denied'
    const { notifications } = open(phone, { osVersion: '12' })
    expect(await notifications.requestPermission()).toBe('denied')
    expect(phone.asked).toEqual([])
  })

  it('of iOS is asked for by the push id, and the answer waited for', async () => {
    const phone = new FakePhone('iOS')
    phone.authorized = 'not determined'
    const { clock, notifications } = open(phone)
    expect(await notifications.permission()).toBe('default')
    const answer = notifications.requestPermission()
    await turn(clock)
    await turn(clock)
    expect(await answer).toBe('granted')
    expect(phone.asked).toEqual(['client info'])
  })

  it('of iOS is known though no push id comes, as when the answer was no', async () => {
    const phone = new FakePhone('iOS')
    phone.authorized = 'not determined'
    const push = {
      ...phone.push,
      getClientInfoAsync: () => {
        phone.authorized = 'denied'
      },
    }
    expect(await open(phone, { push }).notifications.requestPermission()).toBe('denied')
  })

  it('of iOS that nobody answers is waited for a minute', async () => {
    const phone = new FakePhone('iOS')
    phone.authorized = 'not determined'
    phone.dialog = 'never answered'
    const { clock, notifications } = open(phone)
    let answer: string | undefined
    void notifications.requestPermission().then((permission) => (answer = permission))
    for (let at = 0; at < 120; at++) {
      expect(answer).toBeUndefined()
      await turn(clock)
    }
    await turn(clock)
    expect(answer).toBe('default')
    expect(clock.timers).toBe(0)
  })

  it.each([
    ['the module was not packaged', new FakePhone('Android'), { push: undefined }],
    ['iOS says so', Object.assign(new FakePhone('iOS'), { authorized: 'config error' as const }), {}],
  ])('cannot be had when %s', async (_, phone, env) => {
    const { notifications } = open(phone, env)
    expect(await notifications.permission()).toBe('unsupported')
    expect(await notifications.requestPermission()).toBe('unsupported')
    expect(notifications.unsupported()).toBe('module')
    await notifications.notify(alertOf(1), LOUD)
    await notifications.close([message(1).id])
    await notifications.closeAll()
    expect(phone.tray).toEqual([])
  })

  it('is looked at before each notification', async () => {
    const phone = new FakePhone('Android')
    const { notifications } = open(phone)
    phone.authorized = 'denied'
    await notifications.notify(alertOf(1), LOUD)
    expect(phone.tray).toEqual([])
  })

  it('that ends between the look and the notification fails aloud', async () => {
    const phone = new FakePhone('Android')
    const uni = {
      ...phone.uni,
      createPushMessage: (options: { fail(error: object): void }) => {
        options.fail({ errMsg: 'no' })
      },
    }
    await expect(open(phone, { uni }).notifications.notify(alertOf(1), LOUD)).rejects.toThrow('no')
  })
})
