import { describe, expect, it } from 'vitest'
import { logged, openStage, PLATFORMS, until } from './stage'

const stage = openStage()
const PAYLOAD = '{"note":7}'
const clicks = (lines: readonly string[]) => lines.filter((line) => line.includes('push click'))

describe.each(PLATFORMS)('the notifications of %s', (platform) => {
  it('shows what the app makes, as the platform does', async () => {
    const phone = await stage.phone({ platform })

    await phone.tap('Notify')
    await logged(phone, 'notified')

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
    phone.background()
    phone.freeze()

    await phone.tapNotification()

    await logged(phone, `push click string ${JSON.stringify(PAYLOAD)}`)
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
    expect(phone.notifications()).toHaveLength(1)

    await phone.tapNotification()

    await logged(phone, 'push click string')
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
    await logged(phone, `push receive ${platform === 'ios' ? 'object' : 'string'}`)
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

    await logged(phone, 'push receive')
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

    await until('the new name', () => phone.channels[0]?.channelDesc === 'News 2')
    expect(phone.channels).toEqual([{ channelId: 'news', channelDesc: 'News 2', importance: 3 }])
    expect(phone.console.texts.filter((line) => line.includes('push receive'))).toEqual([])
  })
})
