import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MiniProgram } from 'uni-app-emulator'
import type { GatewayProcess } from './gateway-process'
import { BUNDLE, connected, openMiniStage } from './mini-stage'
import { until, untilEqual } from './until'

const stage = openMiniStage()

const WECHAT_CUT_MS = 10_000

const rows = (app: MiniProgram): string[] => app.page.components('components/message-row')
const banners = (app: MiniProgram): string[] => app.page.components('components/banner-card')
const rowsWith = (app: MiniProgram, words: string): number =>
  rows(app).filter((row) => row.includes(words)).length

/** Every value that WeChat keeps for the app, as one text. */
const stored = (app: MiniProgram): string =>
  app.storage.keys.map((key) => `${key}=${JSON.stringify(app.storage.get(key))}`).join('\n')

interface Titled {
  readonly navigationBarTitleText?: string
}

interface FeedState {
  readonly feed: string
  readonly epoch: string
  readonly read: unknown
}

/** The user's own feed as the gateway has it. */
async function ownFeed(gateway: GatewayProcess, token: string): Promise<FeedState | undefined> {
  const { body } = await gateway.request('GET', '/v1/me', { token })
  return (body.feeds as FeedState[]).find(({ feed }) => feed === 'user:me')
}

describe('the mini-program in WeChat', () => {
  it('starts with the sign-in page, and says what is wrong with a token', async () => {
    const gateway = await stage.gateway()
    const app = stage.open()
    await app.page.see('Paste your token')
    expect(app.pages).toEqual(['pages/sign-in/sign-in'])
    expect(app.sockets.count).toBe(0)

    app.page.fill(0, gateway.url)
    app.page.fill(1, 'not-a-token-that-anybody-made')
    app.tap('Sign in')

    await app.page.see('This token is not valid')
    expect(app.storage.keys).not.toContain('herald.session')
  })

  it('has Chinese titles and tabs before its code runs: on share cards, in the review, at the start', () => {
    const read = (file: string): unknown => JSON.parse(readFileSync(join(BUNDLE, file), 'utf8'))
    expect(read('app.json')).toMatchObject({
      tabBar: { list: [{ text: '收件箱' }, { text: '频道' }, { text: '设置' }] },
    })
    const titles = ['inbox', 'feeds', 'settings', 'sign-in', 'message', 'devices'].map(
      (page) => (read(`pages/${page}/${page}.json`) as Titled).navigationBarTitleText,
    )
    expect(titles).toEqual(['收件箱', '频道', '设置', '登录', '消息', '登录设备'])
  })

  it.each([
    {
      locale: 'zh_CN',
      form: '粘贴访问令牌',
      submit: '登录',
      inbox: '全部频道',
      tabs: ['收件箱', '频道', '设置'],
    },
    {
      locale: 'en',
      form: 'Paste your token',
      submit: 'Sign in',
      inbox: 'All feeds',
      tabs: ['Inbox', 'Feeds', 'Settings'],
    },
  ])(
    'names its tabs and pages in the language of the phone: $locale',
    async ({ locale, form, submit, inbox, tabs }) => {
      const gateway = await stage.gateway()
      const app = stage.open({ locale })
      const { token } = await gateway.readToken('me')
      await app.page.see(form)
      expect(app.page.title).toBe(submit)
      app.page.fill(0, gateway.url)
      app.page.fill(1, token)
      app.tap(submit)
      await app.page.see(inbox)
      await untilEqual(() => app.tabs.map(({ text }) => text), tabs)
      for (const tab of tabs) {
        app.tapTab(tab)
        await untilEqual(() => app.page.title, tab)
      }
    },
  )

  it('says what to do about a host that is not on the list of server domains', async () => {
    const app = stage.open({ domains: ['another.example.com'] })
    await app.page.see('Paste your token')

    app.page.fill(0, 'https://herald.example.com')
    app.page.fill(1, 'hld_whatever')
    app.tap('Sign in')

    await app.page.see('as a request domain and as a socket domain')
  })

  it('signs in by a link that is pasted', async () => {
    const gateway = await stage.gateway()
    const app = stage.open()
    await app.page.see('Paste your token')

    app.page.fill(1, await gateway.signInLink('me'))

    await app.page.see('All feeds')
    await connected(gateway)
    expect(app.pages).toEqual(['pages/inbox/inbox'])
  })

  it('shows a message as row, banner, unread count and on the tab, and vibrates', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)

    await gateway.publish('user:me', { title: 'Backup done', body: '42 GB in 3 min' })

    await until(() => rowsWith(app, 'Backup done') === 1, 'its row')
    await until(() => banners(app).length === 1, 'the banner')
    expect(banners(app)[0]).toContain('42 GB in 3 min')
    await until(() => app.tabs[0]?.badge === '1', 'the badge')
    expect(app.actions).toContain('vibrate short')
    expect(stored(app)).toContain('Backup done')
    app.tapTab('Settings')
    expect(banners(app)).toHaveLength(1)
    expect(app.tabs[0]?.badge).toBe('1')
  })

  it('offers to vibrate and no sound, as it has none', async () => {
    const app = await stage.signIn(await stage.gateway())

    app.tapTab('Settings')

    await app.page.see('Vibration')
    expect(app.page.text).not.toContain('Sound')
  })

  it('takes the colours of the dark theme when WeChat does', async () => {
    const app = await stage.signIn(await stage.gateway())

    app.darkMode(true)

    await until(() => app.actions.includes('navigation bar #1A1D24'), 'the dark bar')
  })

  it('says why a link cannot be copied when its owner has not declared the clipboard', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { undeclared: ['clipboard'] })
    await gateway.publish('user:me', { title: 'With a link', body: 'x', link: 'https://example.com/a' })
    await until(() => rowsWith(app, 'With a link') === 1, 'its row')
    app.tap('With a link')
    await app.page.see('Open link')
    app.tap('Open link')
    await until(
      () => app.actions.some((action) => action.includes('must declare the clipboard')),
      'the reason',
    )
  })

  it('reads a message by a swipe to the right', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Swiped', body: 'x' })
    await until(() => app.tabs[0]?.badge === '1', 'the badge')
    await app.elapse(60_000)
    await until(() => banners(app).length === 0, 'the banner is over')

    app.page.swipe('Swiped', 200)

    await until(() => app.tabs[0]?.badge === '', 'nothing is unread')
    expect(app.pages).toEqual(['pages/inbox/inbox'])
  })

  it('opens the message by its banner, and the gateway and the badge hear that it was read', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Door bell', body: 'Somebody is at the door' })
    await until(() => banners(app).length === 1, 'the banner')

    app.tap('Door bell')

    await app.page.see('Copy text')
    expect(app.page.text).toContain('Somebody is at the door')
    const { token } = await gateway.readToken('me')
    await untilEqual(async () => (await ownFeed(gateway, token))?.read, [[1, 1]])
    app.back()
    await until(() => app.tabs[0]?.badge === '', 'nothing is unread')
    await until(() => rowsWith(app, 'Door bell') === 1, 'its row, on the page below')
    expect(banners(app)).toHaveLength(0)
  })

  it('drops the badge when the message is read on another device', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Elsewhere', body: 'x' })
    await until(() => app.tabs[0]?.badge === '1', 'the badge')

    const { token } = await gateway.readToken('me')
    const epoch = (await ownFeed(gateway, token))?.epoch
    const body = { feed: 'user:me', epoch, ranges: [[1, 1]] }
    expect((await gateway.request('POST', '/v1/me/read', { token, body })).status).toBe(200)

    await until(() => app.tabs[0]?.badge === '', 'nothing is unread')
  })

  it.each(['told', 'untold'] as const)(
    'has every message once after each time in the background, with one socket (cut %s)',
    async (closeAfterCut) => {
      const gateway = await stage.gateway()
      const app = await stage.signIn(gateway, { closeAfterCut })
      const titles: string[] = []
      for (let round = 1; round <= 4; round += 1) {
        await app.hide(WECHAT_CUT_MS)
        expect(app.sockets.count).toBe(0)
        titles.push(`Away ${String(round)}`)
        await gateway.publish('user:me', { title: `Away ${String(round)}`, body: 'x' })
        app.show()
        titles.push(`Back ${String(round)}`)
        await gateway.publish('user:me', { title: `Back ${String(round)}`, body: 'x' })
        await until(() => titles.every((title) => rowsWith(app, title) === 1), `round ${String(round)}`)
        await connected(gateway)
        expect(app.sockets).toMatchObject({ count: 1, most: 1, refused: 0 })
        expect(rows(app)).toHaveLength(titles.length)
      }
      await until(() => app.tabs[0]?.badge === String(titles.length), 'all are unread')
    },
  )

  it('opens one socket after it was hidden and shown twenty times in a row', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)

    for (let round = 0; round < 20; round += 1) {
      await app.hide(20)
      app.show()
      await app.elapse(30)
      // Each second time it is as far as a welcome.
      if (round % 2 === 1) await connected(gateway)
    }

    await gateway.publish('user:me', { title: 'After the storm', body: 'x' })
    await until(() => rowsWith(app, 'After the storm') === 1, 'the message')
    await connected(gateway)
    await until(() => app.sockets.count === 1, 'the others are closed')
    expect(app.sockets.refused).toBe(0)
  })

  it('shows what is stored before there is a socket when WeChat has ended it', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Known', body: 'x' })
    await until(() => stored(app).includes('Known'), 'it is stored')
    await gateway.stop()

    app.kill()
    app.relaunch()

    await until(() => rowsWith(app, 'Known') === 1, 'the stored row')
    expect(app.tabs[0]?.badge).toBe('1')
    await gateway.start()
    await gateway.publish('user:me', { title: 'Fresh', body: 'x' })
    await until(() => rowsWith(app, 'Fresh') === 1, 'what came after the start')
    expect(rows(app)).toHaveLength(2)
    expect(banners(app).join()).not.toContain('Known')
  })

  it('says that it is offline, and catches up when the network is back', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)

    app.airplaneMode(true)
    await app.page.see(/Offline/)
    await gateway.publish('user:me', { title: 'Missed', body: 'x' })
    app.airplaneMode(false)

    await until(() => rowsWith(app, 'Missed') === 1, 'what was missed')
    app.switchNetwork('4g')
    await gateway.publish('user:me', { title: 'On the other network', body: 'x' })
    await until(() => rowsWith(app, 'On the other network') === 1, 'the next one')
    await connected(gateway)
    expect(app.sockets.refused).toBe(0)
  })

  it('opens a shared page of a message from a cold start', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const { body } = await gateway.publish('user:me', { title: 'Shared', body: 'by its page' })
    await until(() => stored(app).includes('Shared'), 'it is stored')

    app.relaunch({ path: 'pages/message/message', query: { id: String(body.id) } })

    await app.page.see('Copy text')
    expect(app.page.text).toContain('by its page')
  })

  it('refreshes by a pull, and stops to show that', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)

    app.page.pullToRefresh()

    expect(app.page.isRefreshing).toBe(true)
    await until(() => !app.page.isRefreshing, 'the end of it')
  })

  it.each(['online', 'offline'] as const)(
    'leaves nothing of the user behind after a sign-out %s',
    async (how) => {
      const gateway = await stage.gateway()
      const app = await stage.signIn(gateway)
      await gateway.publish('user:me', { title: 'Private', body: 'x' })
      await until(() => stored(app).includes('Private'), 'it is stored')
      app.airplaneMode(how === 'offline')

      app.tapTab('Settings')
      app.tap('Sign out')
      await until(() => app.dialog, 'the question')
      app.tap('Sign out')

      await app.page.see('Paste your token')
      await until(() => app.storage.keys.every((key) => !key.startsWith('herald.inbox')), 'the rows are gone')
      expect(stored(app)).not.toMatch(/Private|user:me|token/)
      expect(app.storage.keys.sort()).toEqual(['__DC_STAT_UUID', 'herald.device', 'herald.server'])
      await until(async () => (await gateway.connections()) === 0, 'no socket')
    },
  )

  it('keeps the newest messages when storage is nearly full', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const filler = 'x'.repeat(1_000_000)
    for (let part = 0; part < 10; part += 1) app.storage.set(`other.${String(part)}`, filler)
    const bodies = Array.from({ length: 60 }, (_, index) => ({
      title: `Large ${String(index + 1)}`,
      body: 'y'.repeat(10_000),
    }))

    await gateway.publishMany('user:me', bodies, 1)
    await until(() => stored(app).includes('Large 60'), 'the newest is stored')
    app.kill()
    await gateway.stop()
    app.relaunch()

    await until(() => rowsWith(app, 'Large 60') === 1, 'the newest is shown')
    expect(stored(app)).not.toContain('"Large 1"')
    expect(app.page.text).not.toMatch(/cannot be kept|storage/i)
  })
})
