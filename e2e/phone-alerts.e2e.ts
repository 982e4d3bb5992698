import { describe, expect, it } from 'vitest'
import type { Phone } from 'uni-app-emulator'
import { readElsewhere } from './fates'
import { swipe } from './gestures'
import {
  banner,
  hide,
  onPage,
  openPhoneStage,
  PLATFORMS,
  tabBadge,
  waitForBadge,
  waitForTray,
} from './phone-stage'
import { until } from './until'

const stage = openPhoneStage()

const FLOOD = Array.from({ length: 20 }, (_, index) => ({ title: `Alarm ${String(index + 1)}`, body: '!' }))

/** At this time of the day quiet hours are on, by their defaults. */
const NIGHT = 23

/** Puts the phone's clock to the next full hour of the day. */
function setHour(phone: Phone, hour: number): void {
  const now = new Date(phone.clock.now())
  phone.clock.shift(new Date(now).setHours(hour, 0, 0, 0) - now.getTime())
}

describe.each(PLATFORMS)('alerts of the App on %s', (platform) => {
  it('says twenty at once in one line, and at most three by themselves', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })

    await gateway.publishMany('user:me', FLOOD, 4)

    await banner(phone).getByText('20 new messages').waitFor()
    await waitForBadge(phone, 20)
    expect(phone.drawn.filter((text) => text.startsWith('Alarm')).length).toBeLessThanOrEqual(3)
    expect(phone.notificationLog).toEqual([])
  })

  it('says twenty at once in one line in the tray, too, which goes when the app is opened', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await hide(phone)

    await gateway.publishMany('user:me', FLOOD, 4)

    await waitForTray(phone, '20 new messages')
    const singles = phone.notificationLog.filter(({ title, content }) =>
      `${title} ${content}`.includes('Alarm'),
    )
    expect(singles.length).toBeLessThanOrEqual(3)
    // iOS can remove no single one, so those before the flood lie there until the app is opened.
    const left = phone.notifications().length
    expect(left).toBeLessThanOrEqual(platform === 'ios' ? 6 : 1)
    phone.foreground()
    await until(() => phone.notifications().length === 0, 'the tray is empty')
  })

  it('notifies of a message that has no body', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await hide(phone)

    await gateway.publish('user:me', { title: 'Disk full on db1' })
    await waitForTray(phone, 'Disk full on db1')
    await gateway.publish('user:me', { body: '---', markdown: true })

    await until(() => phone.notifications().length === 2, 'both are there')
  })

  it('has the system say a banner to the screen reader where it can', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await gateway.publish('user:me', { title: 'Heard', body: 'not only seen' })
    await banner(phone).getByText('Heard').waitFor()
    const said = phone.actions.filter((action) => action.startsWith('announce '))
    // iOS has it as a function of C alone.
    expect(said).toEqual(platform === 'android' ? ['announce Heard\nnot only seen'] : [])
  })

  it('takes banner, notification and counts away when the message is read elsewhere', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    const first = await gateway.publish('user:me', { title: 'On show', body: 'x' })
    await banner(phone).getByText('On show').waitFor()
    await waitForBadge(phone, 1)

    await readElsewhere(gateway, first.body.seq)
    await banner(phone).waitFor({ state: 'detached' })
    await waitForBadge(phone, 0)
    expect(await tabBadge(phone).count()).toBe(0)

    await hide(phone)
    const second = await gateway.publish('user:me', { title: 'In the tray', body: 'x' })
    await waitForTray(phone, 'In the tray')
    await waitForBadge(phone, 1)
    await readElsewhere(gateway, second.body.seq)
    await until(() => phone.notifications().length === 0, 'the tray is empty')
    await waitForBadge(phone, 0)
  })

  it('is silent in quiet hours, counts all the same, and lets priority 5 through', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await phone.tap('Settings')
    await phone.page.see('Quiet hours')
    // The line of the setting is the nearest around its name that has a switch.
    const line = onPage(phone, 'Quiet hours').locator('xpath=ancestor::*[.//*[contains(@class, "track")]][1]')
    await line.locator('.track').tap()
    await phone.page.see('22:00')
    await phone.tap('Inbox')
    setHour(phone, NIGHT)

    await gateway.publish('user:me', { title: 'Hushed', body: 'until the morning', priority: 4 })
    await onPage(phone, 'Hushed').first().waitFor()
    await waitForBadge(phone, 1)
    await gateway.publish('user:me', { title: 'Fire', body: 'wake up', priority: 5 })
    await banner(phone).getByText('Fire').waitFor()
    await hide(phone)
    await gateway.publish('user:me', { title: 'Hushed again', body: 'x', priority: 4 })
    await waitForBadge(phone, 3)
    await gateway.publish('user:me', { title: 'Fire again', body: 'x', priority: 5 })
    await waitForTray(phone, 'Fire again')

    expect(phone.drawn.join()).not.toContain('Hushed')
    expect(JSON.stringify(phone.notificationLog)).not.toContain('Hushed')
  })

  it('is silent about a muted feed, which fills the list and the counts', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    const { token } = await gateway.readToken('me')
    await gateway.request('PUT', '/v1/me/feeds/topic:ci', { token, body: { muted: true } })
    await phone.tap('Feeds')
    await phone.page.see('Muted')
    await phone.tap('Inbox')

    await gateway.publish('topic:ci', { title: 'Build broke', body: 'x', priority: 5 })
    await onPage(phone, 'Build broke').first().waitFor()
    await waitForBadge(phone, 1)
    await hide(phone)
    await gateway.publish('topic:ci', { title: 'Build broke again', body: 'x', priority: 5 })
    await waitForBadge(phone, 2)
    await gateway.publish('user:me', { title: 'Of another feed', body: 'x' })
    await waitForTray(phone, 'Of another feed')

    expect(phone.drawn).toEqual([])
    expect(phone.notificationLog).toHaveLength(1)
  })

  it('shows an urgent message at once, before the banners that wait, until it is put away', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })

    for (const title of ['First', 'Second']) await gateway.publish('user:me', { title, body: 'x' })
    await banner(phone).getByText('First').waitFor()
    await gateway.publish('user:me', { title: 'Urgent', body: 'now', priority: 5 })

    await banner(phone).getByText('Urgent').waitFor()
    await phone.passTime(6_000)
    // It stays until somebody puts it away, and the one that waits stays behind it.
    expect(await banner(phone).getByText('Urgent').count()).toBe(1)
    expect(phone.drawn).not.toContain('Second')
    const card = banner(phone)
    await swipe(card.page(), card, { x: 0, y: -80 })
    await banner(phone).getByText('Second').waitFor()
    expect(phone.drawn.filter((text) => text === 'Second')).toHaveLength(1)
  })

  it('changes the banner on show with the colours of the phone', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await gateway.publish('user:me', { title: 'On show', body: 'x' })
    await banner(phone).getByText('On show').waitFor()
    const draws = () => phone.drawn.filter((text) => text === 'On show').length
    expect(draws()).toBe(1)

    phone.darkMode(true)

    await until(() => draws() === 2, 'it is drawn anew')
    expect(await banner(phone).count()).toBe(1)
  })

  it('says nothing of what was published before the sign-in', async () => {
    const gateway = await stage.gateway()
    await gateway.readToken('me')
    for (const title of ['Old', 'Older', 'Oldest']) await gateway.publish('user:me', { title, body: 'x' })

    const phone = await stage.signIn(gateway, { platform })
    await onPage(phone, 'Oldest').first().waitFor()
    await waitForBadge(phone, 3)
    await gateway.publish('user:me', { title: 'New', body: 'x' })
    await banner(phone).getByText('New').waitFor()

    expect(phone.drawn).toEqual(['New', 'x'])
    expect(phone.notificationLog).toEqual([])
  })

  it('announces a message once, also when everything comes again under a new epoch, and after a relaunch', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await gateway.publish('user:me', { title: 'Known', body: 'x' })
    await banner(phone).getByText('Known').waitFor()
    await waitForBadge(phone, 1)

    await gateway.request('POST', '/v1/epochs', { body: {} })
    await gateway.publish('user:me', { title: 'After the renewal', body: 'x' })
    await banner(phone).getByText('After the renewal').waitFor()
    await phone.kill()
    await gateway.request('POST', '/v1/epochs', { body: {} })
    await phone.relaunch()
    await until(async () => (await gateway.connections()) === 1, 'it is connected')
    await gateway.publish('user:me', { title: 'After the relaunch', body: 'x' })
    await banner(phone).getByText('After the relaunch').waitFor()

    const titles = phone.drawn.filter((text) => text !== 'x')
    expect(titles).toEqual(['Known', 'After the renewal', 'After the relaunch'])
    expect(await onPage(phone, 'Known').count()).toBe(1)
    expect(phone.notificationLog).toEqual([])
  })
})

describe('alerts of the App where the systems differ', () => {
  it('on Android begins with an empty tray in each process, and a tap opens what lies there', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform: 'android' })
    await hide(phone)
    await gateway.publish('user:me', { title: 'Of the first run', body: 'x' })
    await waitForTray(phone, 'Of the first run')

    await phone.relaunch()
    await until(() => phone.notifications().length === 0, 'the tray is empty')
    await until(async () => (await gateway.connections()) === 1, 'it is connected')
    await hide(phone)
    await gateway.publish('user:me', { title: 'Of the second run', body: 'y' })
    await waitForTray(phone, 'Of the second run')
    await phone.tapNotification()

    // Its number was the other one's, whose payload the system gives: the list has both.
    await phone.page.see('All feeds')
    expect(await onPage(phone, 'Copy text').count()).toBe(0)
  })

  it('on iOS keeps the count on the icon over every return, which clears the tray', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform: 'ios' })
    await hide(phone)
    await gateway.publish('user:me', { title: 'One', body: 'x' })
    await waitForTray(phone, 'One')
    await waitForBadge(phone, 1)

    phone.foreground()
    await waitForBadge(phone, 1)
    await phone.relaunch()
    await until(() => phone.notifications().length === 0, 'what an earlier run left is gone')
    await until(async () => (await gateway.connections()) === 1, 'it is connected')
    await waitForBadge(phone, 1)
  })

  it('on iOS leaves the pushes in the tray of an app that a push has started behind', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform: 'ios' })
    await phone.kill()
    phone.push({ title: 'Unseen', content: 'x', payload: 'of another sender', badge: 1 })
    phone.airplaneMode(true)

    await phone.relaunch({ behind: true })
    await phone.passTime(10_000)

    expect(phone.notifications()).toHaveLength(1)
    expect(phone.badge()).toBe(1)
  })

  it('on a Xiaomi adds no notification of its own for the count', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform: 'android', vendor: 'Xiaomi' })
    await gateway.publish('user:me', { title: 'One', body: 'x' })
    await until(async () => (await tabBadge(phone).count()) === 1, 'the tab has a count')
    await hide(phone)
    await gateway.publish('user:me', { title: 'Two', body: 'x' })
    await waitForTray(phone, 'Two')
    expect(phone.notificationLog.filter(({ content }) => content.includes('未读'))).toEqual([])
  })
})
