import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()

describe('two devices of one user', () => {
  it('see at once what the other has read, one and all', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway)
    const laptop = await stage.signIn(gateway)
    await until(async () => (await gateway.connections()) === 2, 'both are connected')
    for (const title of ['One', 'Two', 'Three']) await gateway.publish('user:me', { title, body: 'text' })
    await phone.waitForUnread(3)
    await laptop.waitForUnread(3)
    await phone.clearBanner()
    await laptop.clearBanner()

    await phone.openRow('Two')
    await laptop.waitForUnread(2)
    await laptop.page.getByRole('radio', { name: /^Unread/ }).click()
    await untilEqual(() => laptop.titles(), ['Three', 'One'])

    await laptop.page.getByRole('button', { name: 'Mark all as read' }).click()
    await phone.waitForUnread(0)
    await laptop.page.getByText('All caught up').waitFor()
  })

  it('take the banner away when the message is read elsewhere', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway)
    const laptop = await stage.signIn(gateway)
    await until(async () => (await gateway.connections()) === 2, 'both are connected')

    await gateway.publish('user:me', { title: 'Only once', body: 'please' })
    await laptop.banner.getByText('Only once').waitFor()
    await phone.banner.getByText('Only once').click()

    await laptop.banner.waitFor({ state: 'detached', timeout: 3000 })
    await laptop.waitForUnread(0)
  })

  it('follow, mute and leave a topic together', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway)
    const laptop = await stage.signIn(gateway)
    await gateway.publish('topic:ci', { title: 'Before', body: 'nobody followed' })
    await phone.goTo('Feeds')
    await laptop.goTo('Feeds')

    await phone.page.getByLabel('Topic name').fill('ci')
    await phone.page.getByLabel('Topic name').press('Enter')
    await phone.toast.getByText('Following ci').waitFor()
    const muteOnLaptop = laptop.page.getByRole('button', { name: 'Mute ci', exact: true })
    await muteOnLaptop.waitFor()
    expect(await laptop.unreadInTitle()).toBe(0)
    await gateway.publish('topic:ci', { title: 'Build 1 failed', body: 'red' })
    await laptop.banner.getByText('Build 1 failed').waitFor()
    await laptop.waitForUnread(1)
    await laptop.withoutBanner()
    await phone.withoutBanner()

    await muteOnLaptop.click()
    await phone.page.getByRole('button', { name: 'Unmute ci', exact: true }).waitFor()
    await gateway.publish('topic:ci', { title: 'Build 2 failed', body: 'red' })
    await phone.waitForUnread(2)
    await laptop.waitForUnread(2)
    expect(await phone.banner.count()).toBe(0)
    expect(await laptop.banner.count()).toBe(0)

    await phone.page.getByRole('button', { name: 'Unfollow ci' }).click()
    await phone.dialog.getByRole('button', { name: 'Unfollow' }).click()
    await laptop.page.getByRole('button', { name: 'Unmute ci', exact: true }).waitFor({ state: 'detached' })
    await laptop.waitForUnread(0)
    await phone.waitForUnread(0)
    await untilEqual(async () => (await laptop.storedRows()).length, 0)
  })

  it('of another user see none of it', async () => {
    const gateway = await stage.gateway()
    await gateway.request('POST', '/v1/users', { body: { id: 'ann', name: 'Ann' } })
    const mine = await stage.signIn(gateway)
    const anns = await stage.signIn(gateway, { user: 'ann' })

    await gateway.publish('user:me', { title: 'Mine', body: 'alone' })
    await gateway.publish('all', { title: 'For everyone', body: 'both' })

    await untilEqual(() => anns.titles(), ['For everyone'])
    await untilEqual(() => mine.titles(), ['For everyone', 'Mine'])
  })
})
