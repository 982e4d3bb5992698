import { Prosody } from '@herald/engines/prosody'
import { describe, expect, it } from 'vitest'
import { newAccount } from '../tests/xmpp/both-servers'
import { ForeignClient } from '../tests/xmpp/foreign-client'
import {
  banner,
  count,
  hide,
  openPhoneStage,
  PLATFORMS,
  tabBadge,
  waitForBadge,
  waitForTray,
} from './phone-stage'
import { until } from './until'

const stage = openPhoneStage()

describe.each(PLATFORMS)('the App on %s', (platform) => {
  it('announces a message by a banner over page and bars, in the list and in every unread count', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })

    await gateway.publish('user:me', { title: 'Backup done', body: '42 GB in 3 min' })

    await banner(phone).getByText('Backup done').waitFor()
    await phone.page.frame.getByText('Backup done').first().waitFor()
    await until(() => phone.badge() === 1, 'the icon says 1')
    expect(await tabBadge(phone).innerText()).toBe('1')
    await phone.tap('Settings')
    await phone.page.see('Account and device')
    expect(await banner(phone).count()).toBe(1)
  })

  it('opens the message by a tap on its banner, and counts it as read', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await gateway.publish('user:me', { title: 'Door bell', body: 'Somebody is at the door' })

    await banner(phone).getByText('Door bell').tap()

    await phone.page.see('Copy text')
    await phone.page.see('Somebody is at the door')
    await until(() => phone.badge() === 0, 'nothing is unread')
    expect(await banner(phone).count()).toBe(0)
    phone.back()
    await phone.page.see('All feeds')
    expect(await tabBadge(phone).count()).toBe(0)
  })

  it('notifies in the background, and opens what is tapped', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await hide(phone)

    await gateway.publish('user:me', { title: 'Disk full', body: 'on db-1' })
    await waitForTray(phone, 'Disk full')
    expect(await banner(phone).count()).toBe(0)
    expect(typeof phone.notifications()[0]?.payload).toBe('string')
    expect(phone.channels.map(({ channelId }) => channelId)).toEqual(
      platform === 'android' ? ['herald_normal_vibrate'] : [],
    )
    await phone.tapNotification()

    await phone.page.see('on db-1')
    await phone.page.see('Copy text')
    await until(() => phone.badge() === 0, 'nothing is unread')
    expect(phone.notificationLog).toHaveLength(1)
  })

  it('opens its message once when a notification starts it', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await hide(phone)
    await gateway.publish('user:me', { title: 'From the cold', body: 'still here' })
    await waitForTray(phone, 'From the cold')

    await phone.kill()
    await phone.tapNotification()

    await phone.page.see('still here')
    await phone.page.see('Copy text')
    phone.back()
    await phone.page.see('All feeds')
    await phone.relaunch()
    await phone.page.see('All feeds')
    expect(await phone.page.text()).not.toContain('Copy text')
  })

  it('opens what a provider brought as an object, too', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    const { body } = await gateway.publish('user:me', { title: 'Pushed', body: 'by a provider' })
    await phone.page.see('Pushed')

    await phone.relaunch({ click: { herald: 1, messageId: body.id, feed: 'user:me' } })

    await phone.page.see('Copy text')
    await phone.page.see('by a provider')
  })

  it('shows after a freeze what came meanwhile, once each', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await hide(phone)
    phone.freeze()

    await gateway.publish('user:me', { title: 'While frozen', body: 'one' })
    await gateway.kill()
    await gateway.start()
    await gateway.publish('user:me', { title: 'After the restart', body: 'two' })
    phone.clock.shift(3_600_000)
    phone.foreground()

    await phone.page.frame.getByText('After the restart').first().waitFor()
    expect(await phone.page.frame.getByText('While frozen').count()).toBe(1)
    await until(() => phone.badge() === 2, 'two are unread')
    await until(async () => (await gateway.connections()) === 1, 'one socket')
  })

  it('shows its list without a network, and catches up with one', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await gateway.publish('user:me', { title: 'Known', body: 'x' })
    await phone.page.frame.getByText('Known').first().waitFor()
    await until(() => phone.badge() === 1, 'it is stored')

    phone.airplaneMode(true)
    await phone.page.see(/Offline/)
    await gateway.publish('user:me', { title: 'Missed', body: 'x' })
    await phone.relaunch()
    await phone.page.frame.getByText('Known').first().waitFor()
    phone.airplaneMode(false)

    await phone.page.frame.getByText('Missed').first().waitFor()
    phone.switchNetwork('4g')
    await gateway.publish('user:me', { title: 'On the other network', body: 'x' })
    await phone.page.frame.getByText('On the other network').first().waitFor()
    await until(async () => (await gateway.connections()) === 1, 'one socket')
  })

  it('asks to notify only when it is told to, and leads to the settings after a refusal', async () => {
    const gateway = await stage.gateway()
    const notificationAuthorized = platform === 'ios' ? 'not determined' : 'denied'
    const phone = await stage.signIn(gateway, { platform, notificationAuthorized })
    expect(phone.permissions.asked).toEqual([])

    await phone.tap('Settings')
    // The inbox has such a button too.
    await phone.page.see('Quiet hours')
    phone.permissions.answer = 'never'
    await phone.tap('Allow')
    await phone.page.see('System notifications are blocked')
    expect(phone.permissions.asked).toHaveLength(1)
    await phone.tap('Open settings')
    await until(() => phone.actions.includes('open app settings'), 'the system settings')
    phone.background()
    phone.permissions.notificationAuthorized = 'authorized'
    phone.foreground()

    await phone.page.see('System notifications are on')
  })

  it('leaves no notification, badge, row or token behind when one signs out, offline too', async () => {
    const gateway = await stage.gateway()
    const data = stage.folder()
    const phone = await stage.signIn(gateway, { platform, data })
    await hide(phone)
    await gateway.publish('user:me', { title: 'Private', body: 'x' })
    await waitForTray(phone, 'Private')
    expect(count(data, 'plus-storage.db', "items WHERE value LIKE '%token%'")).toBe(1)
    phone.foreground()
    phone.airplaneMode(true)

    await phone.tap('Settings')
    await phone.tap('Sign out')
    await phone.page.see('Sign out?')
    await phone.page.window.locator('.dialog button').last().tap()
    await phone.page.see('Paste your token')
    await until(() => phone.badge() === 0 && phone.notifications().length === 0, 'tray and badge are empty')
    await phone.kill()

    expect(count(data, 'herald.db', 'rows')).toBe(0)
    expect(count(data, 'herald.db', 'feeds')).toBe(0)
    expect(count(data, 'plus-storage.db', "items WHERE value LIKE '%token%'")).toBe(0)
  })
})

describe('the App with a chat account alone', () => {
  it('announces a message by a banner and in the unread counts, and answers it', async () => {
    const prosody = await Prosody.start()
    stage.after(() => prosody.dispose())
    const server = prosody.address
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const bobs = await ForeignClient.signIn(server, bob)
    const phone = await stage.phone({ platform: 'android' })
    await phone.page.see('Paste your token')
    await phone.tap('Use a chat account (XMPP)')
    await phone.page.see('Chat address')
    await phone.page.fill(0, ann.jid)
    await phone.page.fill(1, ann.password)
    await phone.page.fill(2, server.websocketUrl)
    await phone.tap('Sign in')
    await phone.page.see('Connected')
    bobs.send(ann.jid, 'from elsewhere', 'm1')
    await banner(phone).getByText('from elsewhere').waitFor()
    await waitForBadge(phone, 1)
    await banner(phone).getByText('from elsewhere').tap()
    await phone.page.see('Send')
    await phone.page.fill(0, 'from the App')
    await phone.tap('Send')
    await phone.page.see('· Delivered')
    await bobs.hears({ what: 'body', text: 'from the App' })
    await waitForBadge(phone, 0)
  })
})
