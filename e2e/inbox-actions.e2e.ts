import { describe, expect, it } from 'vitest'
import type { GatewayProcess } from './gateway-process'
import { swipe } from './gestures'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()

async function publishAll(gateway: GatewayProcess, feed: string, titles: readonly string[]): Promise<void> {
  for (const title of titles) {
    await gateway.request('POST', `/v1/feeds/${feed}/messages`, {
      token: gateway.publishToken,
      body: { title, body: `about ${title.toLowerCase()}` },
    })
  }
}

async function choose(app: HeraldApp, title: string, deed: string): Promise<void> {
  await app.row(title).getByRole('button', { name: 'More' }).click()
  await app.dialog.getByRole('button', { name: deed }).click()
}

describe('the inbox', () => {
  it('marks one as read by its menu, and all at once after a question', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const titles = ['A', 'B', 'C', 'D', 'E', 'F', 'G']
    await publishAll(gateway, 'user:me', titles)
    await app.waitForUnread(7)
    await app.clearBanner()

    await choose(app, 'F', 'Mark as read')
    await app.waitForUnread(6)
    await app.page.getByRole('button', { name: 'Mark all as read' }).click()
    await app.dialog.getByText('Mark 6 messages as read?').waitFor()
    await app.dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(await app.unreadInTitle()).toBe(6)
    await app.page.getByRole('button', { name: 'Mark all as read' }).click()
    await app.dialog.getByRole('button', { name: 'Mark all as read' }).click()
    await app.waitForUnread(0)
    await untilEqual(() => app.unreadInTabBar(), '')
    await untilEqual(() => app.titles(), titles.toReversed())
  })

  it('reads by a swipe to the right, and deletes from this device only by one to the left', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { touch: true })
    const other = await stage.signIn(gateway)
    await publishAll(gateway, 'user:me', ['Keep', 'Throw away'])
    await app.waitForUnread(2)
    await app.clearBanner()

    await swipe(app.page, app.row('Keep').locator('.content'), { x: 150, y: 0 })
    await app.waitForUnread(1)
    await swipe(app.page, app.row('Throw away').locator('.content'), { x: -150, y: 0 })
    await app.page.getByRole('button', { name: 'Delete' }).click()

    await untilEqual(() => app.titles(), ['Keep'])
    await app.waitForUnread(0)
    await app.page.reload()
    await app.waitForRow('Keep')
    expect(await app.titles()).toEqual(['Keep'])
    await untilEqual(() => other.titles(), ['Throw away', 'Keep'])
  })

  it('deletes no other message than the one that was asked about', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const ids: string[] = []
    for (const title of ['Asked about', 'Another']) {
      ids.push((await gateway.publish('user:me', { title, body: 'x' })).body.id ?? '')
      await app.waitForRow(title)
    }
    await app.withoutBanner()
    const [asked = '', other = ''] = ids.map((id) => `${gateway.url}/#/pages/message/message?id=${id}`)
    await app.page.goto(asked)
    await app.messageTitle('Asked about').waitFor()
    await app.page.getByRole('button', { name: 'Delete' }).last().click()
    await app.dialog.waitFor()

    await app.page.goto(other)
    await app.messageTitle('Another').waitFor()
    await app.dialog.waitFor({ state: 'detached' })
    expect((await app.storedRows()).map(({ title }) => title)).toEqual(['Asked about', 'Another'])
  })

  it('deletes an open message after a question, and goes back', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await publishAll(gateway, 'user:me', ['Stays', 'Goes'])
    await app.waitForUnread(2)
    await app.clearBanner()
    await app.openRow('Goes')

    await app.page.getByRole('button', { name: 'Delete from this device' }).click()
    await app.dialog.getByRole('button', { name: 'Delete from this device' }).click()

    await app.toast.getByText('Deleted from this device').waitFor()
    await untilEqual(() => app.titles(), ['Stays'])
  })

  it('finds by words, filters by feed and shows what is unread', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await publishAll(gateway, 'user:me', ['Milk', 'Bread'])
    await publishAll(gateway, 'all', ['Fire drill'])
    await app.waitForUnread(3)
    await app.clearBanner()

    await app.page.getByRole('radio', { name: /^Everyone/ }).click()
    await untilEqual(() => app.titles(), ['Fire drill'])
    await app.page.getByRole('radio', { name: /^All feeds/ }).click()
    await app.page.getByRole('button', { name: 'Search messages' }).click()
    await app.page.getByRole('searchbox').fill('about br')
    await untilEqual(() => app.titles(), ['Bread'])
    await app.page.getByRole('button', { name: 'Close search' }).click()
    await untilEqual(() => app.titles(), ['Fire drill', 'Bread', 'Milk'])
    await choose(app, 'Bread', 'Mark as read')
    await app.page.getByRole('radio', { name: /^Unread/ }).click()
    await untilEqual(() => app.titles(), ['Fire drill', 'Milk'])
  })

  it('opens with one feed from the page of feeds', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await publishAll(gateway, 'user:me', ['Mine'])
    await publishAll(gateway, 'all', ['Everyone’s'])
    await app.waitForUnread(2)
    await app.goTo('Feeds')
    await app.clearBanner()

    await app.page.getByText('Personal', { exact: true }).filter({ visible: true }).click()

    await untilEqual(() => app.titles(), ['Mine'])
  })

  it('loads older pages as one scrolls, and says where they end', async () => {
    const gateway = await stage.gateway()
    const seqs = await gateway.publishMany(
      'all',
      Array.from({ length: 250 }, (_, index) => ({ title: `Old ${index + 1}`, body: '.' })),
    )
    // Published side by side, so the feed's order is not the order of the titles.
    const titleAt = (seq: number): string => `Old ${seqs.indexOf(seq) + 1}`
    await gateway.request('POST', '/v1/users', { body: { id: 'ann', name: 'Ann' } })
    const app = await stage.signIn(gateway, { user: 'ann' })
    await app.waitForRow(titleAt(250))

    await app.page.mouse.move(180, 500)
    await until(
      async () => {
        await app.page.mouse.wheel(0, 3000)
        return (await app.titles()).includes(titleAt(1))
      },
      'the oldest row',
      30_000,
    )
    await app.page.getByText('No more messages.').waitFor()
    expect(await app.unreadInTitle()).toBe(0)
  })

  it('keeps its place while messages come, and offers the way up', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publishMany(
      'user:me',
      Array.from({ length: 40 }, (_, index) => ({ title: `Row ${index + 1}`, body: '.' })),
      1,
    )
    await app.waitForUnread(40)
    await app.clearBanner()
    await app.page.mouse.move(180, 500)
    await until(async () => {
      await app.page.mouse.wheel(0, 400)
      return app.page.evaluate(() => scrollY > 800)
    }, 'scrolled down')
    const top = app.row('Row 25')
    const before = await until(() => top.boundingBox(), 'where a row stands')

    await publishAll(gateway, 'user:me', ['New above'])

    const pill = app.page.getByRole('button', { name: '1 new message', exact: true })
    await pill.waitFor()
    expect((await top.boundingBox())?.y).toBe(before.y)
    await app.clearBanner()
    await pill.click()
    await app.waitForRow('New above')
    await untilEqual(() => app.page.evaluate(() => scrollY), 0)
    await pill.waitFor({ state: 'detached' })
  })

  it('asks the gateway when it is pulled down', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { touch: true })
    await publishAll(gateway, 'user:me', ['Here'])
    await app.waitForRow('Here')
    await app.clearBanner()
    const asked = app.page.waitForRequest((request) => request.url().endsWith('/v1/me'))

    await swipe(app.page, app.row('Here'), { x: 0, y: 300 })

    await asked
    await app.page.locator('.uni-page-refresh--refreshing').waitFor({ state: 'detached' })
  })
})
