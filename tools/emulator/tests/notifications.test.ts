import { describe, expect, it } from 'vitest'
import type { Phone } from '../index'
import { logged, openStage, PLATFORMS, until } from './stage'

const stage = openStage()
const PAYLOAD = '{"note":7}'
const AS_OBJECT = 'push click object {"note":7}'
const lies = (phone: Phone, count: number) =>
  until(`${String(count)} in the tray`, () => phone.notifications().length === count)
const clicks = (lines: readonly string[]) => lines.filter((line) => line.includes('push click'))

describe.each(PLATFORMS)('the notifications of %s', (platform) => {
  it('shows what the app makes, as the platform does', async () => {
    const phone = await stage.phone({ platform })

    await phone.tap('Notify')
    await logged(phone, 'notified')
    await lies(phone, 1)

    expect(phone.notifications()).toMatchObject([
      // iOS gives every notification the app's name.
      {
        title: platform === 'ios' ? 'Fixture' : 'A title',
        content: 'Some content',
        payload: PAYLOAD,
        from: 'app',
      },
    ])
  })

  it('brings a tapped one to the app as a click, to the front first', async () => {
    const phone = await stage.phone({ platform })
    await phone.tap('Notify')
    await logged(phone, 'notified')
    await lies(phone, 1)
    phone.background()
    phone.freeze()

    await phone.tapNotification()

    await logged(phone, platform === 'ios' ? `push click string ${JSON.stringify(PAYLOAD)}` : AS_OBJECT)
    const lines = phone.console.texts
    expect(lines.findLastIndex((line) => line.includes('app show'))).toBeLessThan(
      lines.findIndex((line) => line.includes('push click')),
    )
    expect(phone.notifications()).toEqual([])
  })

  it('starts the app by a tapped one: one click, in the hands of who listens by then', async () => {
    const phone = await stage.phone({ platform })
    await phone.tap('Notify')
    await logged(phone, 'notified')
    await phone.kill()
    await lies(phone, 1)

    await phone.tapNotification()

    await logged(phone, 'push click')
    await phone.relaunch()
    expect(clicks(phone.console.texts)).toHaveLength(1)
  })

  it('starts the app by a payload of a provider', async () => {
    const phone = await stage.phone({ platform })

    await phone.relaunch({ click: { from: 'far' } })

    await logged(phone, 'push click object {"from":"far"}')
  })

  it('brings a push to the running app, and to the tray of a frozen or ended one', async () => {
    const phone = await stage.phone({ platform })

    phone.push({ title: 'T', content: 'C', payload: PAYLOAD })
    await logged(phone, 'push receive object {"note":7}')
    phone.freeze()
    phone.push({ title: 'T', content: 'frozen', payload: PAYLOAD })
    await phone.kill()
    phone.push({ title: 'T', content: 'ended', payload: PAYLOAD })

    expect(phone.notifications().map(({ content }) => content)).toEqual(['frozen', 'ended'])
  })

  it('shows a push that its service insists on, and sets the badge by itself, whatever the app does', async () => {
    const phone = await stage.phone({ platform })

    phone.push({ title: 'T', content: 'C', payload: PAYLOAD, forced: true })
    await phone.kill()
    phone.push({ payload: PAYLOAD, badge: 3 })

    expect(phone.notifications()).toMatchObject([{ content: 'C', from: 'provider' }])
    expect(phone.badge()).toBe(3)
    expect(phone.console.texts.join()).not.toContain('push receive')
  })

  it('keeps a silent push for the thaw of a frozen app', async () => {
    const phone = await stage.phone({ platform })
    phone.freeze()

    phone.push({ payload: PAYLOAD })
    phone.thaw()

    // iOS hands over everything beside `aps`.
    await logged(
      phone,
      `push receive object ${platform === 'ios' ? `{"payload":${JSON.stringify(PAYLOAD)}}` : ''}`,
    )
    expect(phone.notificationLog).toEqual([])
  })

  it('refuses the app that may not notify', async () => {
    const phone = await stage.phone({ platform, notificationAuthorized: 'denied' })

    await phone.tap('Notify')

    await logged(phone, 'notificationAuthorized: denied')
    expect(phone.notificationLog).toEqual([])
  })

  it('asks the owner, who answers', async () => {
    const phone = await stage.phone({ platform, notificationAuthorized: 'not determined' })
    phone.permissions.answer = 'deny'

    await phone.tap('Allow')

    await until('a dialog', () => phone.permissions.asked.length === 1)
    expect(phone.permissions.notificationAuthorized).toBe('denied')
  })
})

describe('where the platforms differ', () => {
  it('iOS shows a push for an app in the background itself, Android hands it over', async () => {
    for (const platform of PLATFORMS) {
      const phone = await stage.phone({ platform })
      phone.background()
      phone.push({ title: 'T', content: 'C', payload: PAYLOAD })
      if (platform === 'android') await logged(phone, 'push receive')
      expect(phone.notifications()).toHaveLength(platform === 'ios' ? 1 : 0)
    }
  })

  it('iOS tells the app of its own notification, and lists none', async () => {
    const phone = await stage.phone({ platform: 'ios' })

    await phone.tap('Notify')
    await logged(phone, 'push receive string')
    await phone.tap('List')

    await logged(phone, 'tray 0')
    await phone.tap('Remove')
    expect(phone.notifications()).toHaveLength(1)
    await phone.tap('Clear')
    await until('an empty tray', () => phone.notifications().length === 0)
  })

  it('iOS tells an app behind nothing of its own one, and shows it a second later, cleared or not', async () => {
    const phone = await stage.phone({ platform: 'ios' })
    await phone.tap('Notify')
    await logged(phone, 'notified')
    await phone.tap('Clear')
    phone.background()
    await lies(phone, 1)
    expect(phone.console.texts.join()).not.toContain('push receive')
  })

  it('iOS has one thing for badge and tray: clear() sets 0, and 0 empties the tray, set by a push too', async () => {
    const phone = await stage.phone({ platform: 'ios' })
    await phone.tap('Mark')
    await until('a badge', () => phone.badge() === 5)
    await phone.tap('Clear')
    await until('no badge', () => phone.badge() === 0)
    phone.background()
    phone.push({ title: 'T', content: 'C', payload: PAYLOAD, badge: 1 })
    expect(phone.notifications()).toHaveLength(1)
    phone.push({ payload: PAYLOAD, badge: 0 })
    expect(phone.notifications()).toEqual([])
  })

  it('Android lists and removes what this process has made, and nothing of an earlier one or of a provider', async () => {
    const phone = await stage.phone({ platform: 'android' })
    await phone.tap('Notify')
    await logged(phone, 'notified')
    phone.push({ title: 'T', content: 'C', payload: PAYLOAD, forced: true })
    await phone.tap('List')
    await logged(phone, 'tray 2')
    await phone.relaunch()
    await phone.tap('List')
    await logged(phone, 'tray 0')
    await phone.tap('Remove')
    expect(phone.notifications()).toHaveLength(2)
  })

  it.each(['kept', 'renewed'] as const)(
    'Android begins its numbers anew in each process: one replaces an earlier run’s (intents are %s)',
    async (pendingIntents) => {
      const phone = await stage.phone({ platform: 'android', pendingIntents })
      await phone.tap('Notify')
      await logged(phone, 'notified')
      await phone.relaunch()
      await phone.tap('Notify again')
      await until('the second', () => phone.notificationLog.length === 2)
      expect(phone.notifications()).toHaveLength(1)

      await phone.tapNotification()

      await logged(phone, `push click object {"note":${pendingIntents === 'kept' ? '7' : '8'}}`)
    },
  )

  it('Xiaomi posts a notification for a badge, vivo takes none without its permission', async () => {
    const xiaomi = await stage.phone({ vendor: 'Xiaomi' })
    await xiaomi.tap('Mark')
    await until('its notification', () => xiaomi.notifications().length === 1)
    expect(xiaomi.notifications()).toMatchObject([{ content: '您有5条未读消息', payload: '' }])
    const vivo = await stage.phone({ vendor: 'vivo' })
    await vivo.tap('Mark')
    await vivo.tap('List')
    await logged(vivo, 'tray 0')
    expect(vivo.badge()).toBe(0)
  })

  it('a package without the Push module has no plus.push, and iOS calls it wrong', async () => {
    const phone = await stage.phone({ platform: 'ios', withoutModules: ['Push'] })
    await phone.tap('Notify')
    await logged(phone, 'notificationAuthorized: config error')
  })

  it('gives client info when there is a provider, on iOS when its dialog was answered with yes', async () => {
    const android = await stage.phone({ platform: 'android' })
    await android.tap('Client')
    await logged(android, 'client none')
    const ios = await stage.phone({ platform: 'ios', notificationAuthorized: 'denied' })
    await ios.tap('Client')
    await ios.tap('List')
    await logged(ios, 'tray 0')
    expect(ios.console.texts.join()).not.toContain('client')
    ios.permissions.notificationAuthorized = 'authorized'
    await ios.tap('Client')
    await logged(ios, 'client emulated-cid-ios')
  })

  it('Android does not, lists them, and has channels that never change', async () => {
    const phone = await stage.phone({ platform: 'android' })

    await phone.tap('Notify')
    await logged(phone, 'notified')
    await phone.tap('List')
    await logged(phone, 'tray 1')
    await phone.tap('Remove')
    await until('an empty tray', () => phone.notifications().length === 0)
    await phone.tap('Channel')
    await phone.tap('Channel')

    await phone.tap('List')
    await logged(phone, 'tray 0')
    expect(phone.channels).toEqual([{ channelId: 'news', channelDesc: 'News 1', importance: 3 }])
    expect(phone.console.texts.filter((line) => line.includes('push receive'))).toEqual([])
  })
})
