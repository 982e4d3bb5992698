import { describe, expect, it } from 'vitest'
import { swipe } from './gestures'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()

describe('a message that is published by curl', () => {
  it('appears as a banner, in the list and in every unread count', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)

    const { status } = await gateway.publish('user:me', { title: 'Backup done', body: '42 GB in 3 min' })

    expect(status).toBe(201)
    await app.banner.getByText('Backup done').waitFor()
    await app.waitForRow('Backup done')
    await app.waitForUnread(1)
    await untilEqual(() => app.unreadInTabBar(), '1')
    await gateway.publish('user:me', { body: 'a line of text' })
    await app.waitForUnread(2)
    await untilEqual(() => app.unreadInTabBar(), '2')
  })

  it('is announced over the feeds, the settings and an open message too', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)

    await app.goTo('Feeds')
    await gateway.publish('user:me', { title: 'Over the feeds', body: 'one' })
    await app.banner.getByText('Over the feeds').waitFor()
    await app.banner.getByRole('button', { name: 'Dismiss' }).click()
    await app.banner.waitFor({ state: 'detached' })

    await app.goTo('Settings')
    await gateway.publish('user:me', { title: 'Over the settings', body: 'two' })
    await app.banner.getByText('Over the settings').waitFor()
    await app.banner.getByRole('button', { name: 'Dismiss' }).click()
    await app.banner.waitFor({ state: 'detached' })

    await app.goTo('Inbox')
    await app.openRow('Over the feeds')
    await gateway.publish('user:me', { title: 'Over a message', body: 'three' })
    await app.banner.getByText('Over a message').waitFor()
    await app.goBack()
    await untilEqual(() => app.titles(), ['Over a message', 'Over the settings', 'Over the feeds'])
    await untilEqual(() => app.unreadInTabBar(), '2')
  })

  it('opens by a tap on its banner, and is read then', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await app.goTo('Settings')

    await gateway.publish('user:me', { title: 'Door bell', body: 'Somebody is at the door' })
    await app.banner.getByText('Door bell').click()

    await app.messageTitle('Door bell').waitFor()
    await app.banner.waitFor({ state: 'detached' })
    await app.waitForUnread(0)
    const me = await gateway.request('GET', '/v1/me', { token: (await gateway.readToken('me')).token })
    expect(me.body.feeds).toContainEqual(
      expect.objectContaining({ feed: 'user:me', unread: 0, read: [[1, 1]] }),
    )
  })

  it('leaves the screen by a swipe, and stays unread', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { touch: true })

    await gateway.publish('user:me', { title: 'Swipe me', body: 'away' })
    await app.banner.getByText('Swipe me').waitFor()
    await swipe(app.page, app.banner.locator('.card'), { x: 200, y: 0 })

    await app.banner.waitFor({ state: 'detached' })
    await app.waitForRow('Swipe me')
    expect(await app.unreadInTitle()).toBe(1)
  })

  it('is one of a flood: twenty in a second are announced as one', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await app.page.evaluate(() => {
      const seen: string[] = []
      Object.assign(window, { seenBanners: seen })
      new MutationObserver(() => {
        const words = document.querySelector('#herald-overlay .banner .title')?.textContent
        if (words && seen.at(-1) !== words) seen.push(words)
      }).observe(document.body, { childList: true, subtree: true, characterData: true })
    })
    const bodies = Array.from({ length: 20 }, (_, index) => ({ title: `Alarm ${index + 1}`, body: 'again' }))

    await gateway.publishMany('user:me', bodies, 4)

    await app.banner.getByText('20 new messages').waitFor()
    await app.waitForUnread(20)
    const seen = await app.page.evaluate(() => (window as unknown as { seenBanners: string[] }).seenBanners)
    expect(seen.filter((words) => words.startsWith('Alarm')).length).toBeLessThanOrEqual(3)
    await app.banner.getByText('20 new messages').click()
    await app.banner.waitFor({ state: 'detached' })
  })

  it('runs no script, whatever its markdown and its links say', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const hostile = [
      '<script>window.hacked = 1</script>',
      '<img src=x onerror="window.hacked = 2">',
      '[click me](javascript:window.hacked=3)',
      '<a href="javascript:window.hacked=4">or me</a>',
      '![x](javascript:window.hacked=5)',
      '<iframe srcdoc="<script>parent.hacked = 6</script>"></iframe>',
      '<svg onload="window.hacked=7"></svg>',
      '[data](data:text/html,<script>window.hacked=8</script>)',
      '**bold** and `code`',
    ].join('\n\n')

    await gateway.publish('user:me', {
      title: '<b onclick=hacked=9>Hostile</b>',
      body: hostile,
      markdown: true,
    })
    await app.banner.getByText('Hostile').click()

    const message = app.page.locator('.message:visible')
    await message.getByText('bold', { exact: true }).waitFor()
    await until(
      async () => (await message.innerText()).includes('<script>window.hacked = 1</script>'),
      'tags are text',
    )
    for (const words of ['click me', 'or me', 'data']) {
      await message.getByText(words).first().click({ timeout: 2000, noWaitAfter: true })
    }
    expect(
      await message.locator('script, iframe, svg, [onerror], [onclick], [href^="javascript"]').count(),
    ).toBe(0)
    expect(await app.page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined()
    const refused = await gateway.publish('user:me', { title: 'x', body: 'y', link: 'javascript:alert(1)' })
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_body' } } })
  })
})
