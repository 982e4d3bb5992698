import { IDBFactory } from 'fake-indexeddb'
import { createSSRApp, h, inject } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useHerald, useInbox, useUnread } from '@/sdk/composables'
import { createHerald } from '@/sdk/create-herald'
import { HERALD } from '@/sdk/instances'
import { loadSessions } from '@/sdk/sessions'
import { start } from '@/sdk/client-code'
import type { ClientCode, HeraldEvents, HeraldOptions, OpenTarget } from '@/sdk/types'
import { FakeBrowser } from '../session/fake-client'
import { settle } from '../fake-clock'
import { held, signedInStage, stage } from './stage'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe('a Herald with nobody signed in', () => {
  it('reads nothing and writes nothing, and throws at neither', async () => {
    const { herald, browser, rest } = stage()
    await rest()
    expect(herald.state.session.status).toBe('signedOut')
    const asked = browser.requests.length
    const { messages, feeds } = herald
    expect([messages.list(), feeds.list(), herald.unread.value]).toEqual([[], [], 0])
    expect(messages.unreadOf('all')).toBe(0)
    expect(messages.hasOlder()).toBe(false)
    expect(await messages.get('m1')).toBeUndefined()
    expect(await feeds.topics()).toEqual({ topics: [] })
    expect(await messages.loadOlder()).toEqual({ end: true })
    expect(herald.state.notifications.history).toEqual({ loading: false, error: null, end: true })
    await messages.read('m1')
    await messages.readAll()
    await messages.hide(['m1'])
    await messages.refresh()
    await feeds.follow('topic:ci')
    await feeds.unfollow('topic:ci')
    await feeds.mute('topic:ci', true)
    herald.banner.dismiss()
    herald.connection.reconnect()
    await herald.signOut()
    expect(browser.requests).toHaveLength(asked)
  })
})

describe('a Herald with somebody signed in', () => {
  it('lists, counts and marks as read, by id and by message', async () => {
    const { herald, browser, rest } = await signedInStage()
    browser.gateway.publish('user:me', 3)
    await rest()
    const [newest, second] = herald.messages.list()
    expect([herald.unread.value, herald.messages.unreadOf('user:me')]).toEqual([3, 3])
    await herald.messages.read(newest!.id)
    await herald.messages.read([second!])
    await rest()
    expect(herald.unread.value).toBe(1)
    expect(browser.gateway.stateOf('user:me').unread).toBe(1)
    expect(herald.messages.isUnread(newest!)).toBe(false)
    await herald.messages.readAll()
    await rest()
    expect(herald.unread.value).toBe(0)
  })

  it('loads older messages and says how it went', async () => {
    const { herald, browser, rest } = await signedInStage()
    browser.gateway.publish('user:me', 300)
    await rest()
    const loading = herald.messages.loadOlder()
    expect(herald.state.notifications.history.loading).toBe(true)
    await loading
    expect(herald.state.notifications.history.loading).toBe(false)
  })

  it('keeps everything when the host’s token is another one of the same person', async () => {
    let token = 'first'
    const { herald, browser, rest } = stage({ token: () => Promise.resolve(token) })
    await rest()
    browser.gateway.publish('user:me', 2)
    await rest()
    const statuses: string[] = []
    herald.on('session', ({ status }) => statuses.push(status))
    token = 'second'
    await herald.identify()
    await rest()
    expect(browser.keyValue.get('session')).toMatchObject({ token: 'second' })
    expect(herald.messages.list()).toHaveLength(2)
    expect(statuses.filter((status) => status !== 'signedIn')).toEqual([])
  })

  it('is left when the host says that nobody is signed in, and nothing of the person stays', async () => {
    let token: string | null = 'first'
    const { herald, browser, rest } = stage({ token: () => Promise.resolve(token) })
    await rest()
    browser.gateway.publish('user:me', 2)
    await rest()
    token = null
    await herald.identify()
    await rest()
    expect(herald.state.session).toMatchObject({ status: 'signedOut', user: null })
    expect(herald.messages.list()).toEqual([])
    expect((await browser.storage.load()).rows).toEqual([])
  })

  it('asks the host anew when it says so while the host is being asked', async () => {
    const answers: ((token: string | null) => void)[] = []
    const { herald, browser, rest } = stage({ token: () => new Promise((answer) => answers.push(answer)) })
    await settle()
    const identified = herald.identify()
    answers[0]?.('before')
    await rest()
    answers[1]?.('now')
    await identified
    await rest()
    expect(browser.keyValue.get('session')).toMatchObject({ token: 'now' })
  })
})

describe('what a host hears', () => {
  it('is each message that comes, once, with the oldest first, and fresh when it is from after the connection', async () => {
    const { herald, browser, rest } = await signedInStage()
    const heard: HeraldEvents['message'][] = []
    const stop = herald.on('message', (event) => heard.push(event))
    browser.gateway.publish('user:me', 2)
    await rest()
    expect(heard.map(({ message, fresh }) => [message.seq, fresh])).toEqual([
      [1, true],
      [2, true],
    ])
    browser.gateway.cut('socket of lone')
    browser.gateway.publish('user:me', 1)
    herald.connection.reconnect()
    await rest()
    expect(heard.map(({ message, fresh }) => [message.seq, fresh]).slice(2)).toEqual([[3, false]])
    stop()
    browser.gateway.publish('user:me', 1)
    await rest()
    expect(heard).toHaveLength(3)
  })

  it('is the unread count, by feed too', async () => {
    const { herald, browser, rest } = await signedInStage()
    const heard: HeraldEvents['unread'][] = []
    herald.on('unread', (event) => heard.push(event))
    browser.gateway.publish('topic:ci', 2)
    await rest()
    expect(heard.at(-1)).toEqual({ total: 2, byFeed: { 'user:me': 0, 'topic:ci': 2 } })
  })

  it('is the connection and the session as copies, which do not change any more', async () => {
    const { herald, browser, rest } = stage()
    const names: string[] = []
    const sessions: HeraldEvents['session'][] = []
    herald.on('connection', (connection) => names.push(connection.name))
    herald.on('session', (session) => sessions.push(session))
    await herald.signIn({ token: 'pasted' })
    await rest()
    browser.gateway.cut('socket of lone')
    await rest()
    expect(names).toContain('live')
    expect(sessions.at(-1)).toMatchObject({ status: 'signedIn', user: { id: 'me' } })
    expect(sessions.at(-1)).not.toBe(herald.state.session)
  })
})

/** uni's pages of a host. */
function stubPages(top = 'pages/home/home') {
  const opened: string[] = []
  vi.stubGlobal('location', { hash: '' })
  vi.stubGlobal('getCurrentPages', () => [{ route: top }])
  vi.stubGlobal('uni', {
    getLocale: () => 'en',
    getStorageSync: () => '',
    navigateTo: ({ url }: { url: string }) => opened.push(url),
    redirectTo: ({ url }: { url: string }) => opened.push(`instead ${url}`),
    switchTab: ({ url }: { url: string }) => opened.push(`tab ${url}`),
  })
  return opened
}

describe('what a click opens', () => {
  it('is the host’s to decide, with the message in hand', async () => {
    const opened = stubPages()
    const told: OpenTarget[] = []
    const { herald, browser, rest, click } = await signedInStage({
      onOpen: (target) => told.push(target) > 0,
      routes: { message: () => '/pages/order/order' },
    })
    browser.gateway.publish('user:me', 1)
    await rest()
    const [message] = herald.messages.list()
    click({ messageId: message!.id, feed: message!.feed })
    await rest()
    click({ messageId: message!.id, feed: message!.feed, pushed: true })
    await rest()
    expect(told).toEqual([
      { from: 'system', feed: 'user:me', message },
      { from: 'push', feed: 'user:me', message },
    ])
    expect(opened).toEqual([])
  })

  it('is the page that the host has named for a message, and nothing where it has named none', async () => {
    const opened = stubPages()
    const { herald, browser, rest, click } = await signedInStage({
      routes: { message: ({ seq }) => (seq === 1 ? '/pages/order/order?n=1' : null) },
    })
    browser.gateway.publish('user:me', 2)
    await rest()
    const [second, first] = herald.messages.list()
    herald.open(first!)
    herald.open(second!)
    click({ inbox: true })
    await rest()
    expect(opened).toEqual(['/pages/order/order?n=1'])
  })

  it('opens by the id alone without waiting for the message', async () => {
    const opened = stubPages()
    const { click } = await signedInStage({
      routes: { messageById: (id) => `/pages/m/m?id=${id}`, inbox: '/pages/list/list' },
    })
    click({ messageId: 'm1', feed: 'all' })
    click({ inbox: true })
    await settle()
    expect(opened).toEqual(['/pages/m/m?id=m1', 'tab /pages/list/list'])
  })
})

describe('a second Herald', () => {
  it('of the same namespace is the first one', () => {
    const { herald } = stage({ namespace: 'shop' })
    const log: string[] = []
    expect(createHerald({ server: '', namespace: 'shop', log: (event) => log.push(event) })).toBe(herald)
    expect(log).toEqual(['herald.second'])
  })

  it('of another copy of the package is named, with what makes such copies', async () => {
    stage({ namespace: 'copied' })
    vi.resetModules()
    const copy = await import('@/sdk/create-herald')
    expect(() => copy.createHerald({ server: '', namespace: 'copied' })).toThrow('optimizeDeps.exclude')
  })

  it('is told apart by the app of a component', async () => {
    const [one, two] = [stage(), stage()]
    expect(() => useHerald()).toThrow('several')
    const found: unknown[] = []
    for (const { herald } of [one, two]) {
      const app = createSSRApp({
        setup() {
          found.push(useHerald(), inject(HERALD))
          return () => h('div')
        },
      })
      app.use(herald)
      app.runWithContext(() => found.push(useHerald()))
    }
    expect(found).toEqual([one.herald, two.herald])
  })

  it('is missing when none was made', async () => {
    const copy = await import('@/sdk/composables')
    expect(() => copy.useHerald()).toThrow('createHerald')
  })
})

describe('a component', () => {
  it('sees count and list of a feed, and of all', async () => {
    const { herald, browser, rest } = await signedInStage()
    browser.gateway.publish('topic:ci', 2)
    browser.gateway.publish('user:me', 1)
    await rest()
    const app = createSSRApp({ render: () => h('div') })
    app.use(herald)
    const seen = app.runWithContext(() => ({
      all: useUnread(),
      ci: useUnread('topic:ci'),
      inbox: useInbox({ feed: 'topic:ci' }),
    }))
    expect([seen.all.value, seen.ci.value, seen.inbox.unread.value]).toEqual([3, 2, 2])
    expect(seen.inbox.messages.value.map(({ feed }) => feed)).toEqual(['topic:ci', 'topic:ci'])
    expect([seen.inbox.loading.value, seen.inbox.hasMore.value]).toEqual([false, false])
  })
})

describe('before the code that connects is there', () => {
  /** A Herald of H5 whose client is held back until `come` is called. */
  function early(options: Partial<HeraldOptions> = {}) {
    let come: () => void = () => undefined
    const code = new Promise<ClientCode>((resolve) => {
      come = () => {
        resolve({ start })
      }
    })
    vi.stubGlobal('indexedDB', new IDBFactory())
    const { herald, browser } = held(options, () => code)
    return { herald, browser, come }
  }

  it('opens the page of a message by its id at once, and tells who listens when there is somebody to tell', async () => {
    const opened = stubPages()
    const { herald, browser, come } = early({ routes: { messageById: (id) => `/pages/m/m?id=${id}` } })
    const told: OpenTarget[] = []
    herald.on('open', (target) => told.push(target))
    herald.open({ id: 'm1', feed: 'all', seq: 1, time: 1, body: 'b', priority: 3 })
    expect([opened, told]).toEqual([['/pages/m/m?id=m1'], []])
    come()
    await settle()
    await browser.rest('lone')
    expect([opened, told]).toEqual([['/pages/m/m?id=m1'], [{ from: 'list', feed: 'all' }]])
  })

  it('opens nothing by itself for a host that decides that, until it has decided', async () => {
    const opened = stubPages()
    const told: OpenTarget[] = []
    const { herald, browser, come } = early({
      onOpen: (target) => told.push(target) > 0,
      routes: { messageById: (id) => `/pages/m/m?id=${id}` },
    })
    herald.open({ inbox: true }, 'banner')
    expect(told).toEqual([])
    come()
    await settle()
    await browser.rest('lone')
    expect([opened, told]).toEqual([[], [{ from: 'banner' }]])
  })

  it('keeps listeners, who then hear how it stands and what follows, and forgets those who have stopped', async () => {
    stubPages()
    const { herald, browser, come } = early()
    const heard: string[] = []
    herald.on('session', ({ status }) => heard.push(status))
    herald.on('session', () => heard.push('gone'))()
    come()
    await settle()
    await browser.rest('lone')
    await herald.signIn({ token: 'pasted' })
    await browser.rest('lone')
    expect(heard[0]).toBe('signedOut')
    expect(heard).toContain('signedIn')
    expect(heard).not.toContain('gone')
  })
})

it('says which modules the package lacks, to its log, and to the host as soon as that listens', () => {
  const browser = new FakeBrowser()
  const heard: unknown[] = []
  const platform = browser.platform('lone')
  const herald = createHerald({
    server: '',
    namespace: 'bare',
    log: (event, detail) => heard.push([event, detail]),
    platform: () => ({ ...platform, missingModules: ['SQLite'] }),
  })
  const error = { code: 'module_missing', where: 'SQLite' }
  expect(heard).toEqual([['herald.error', error]])
  herald.on('error', (told) => heard.push(told))
  herald.on('error', () => heard.push('told twice'))
  expect(heard.slice(1)).toEqual([error])
})

it('keeps a page that needs an account from asking for nobody', async () => {
  vi.resetModules()
  const { createHerald: create } = await import('@/sdk/create-herald')
  const { loadSessions: load } = await import('@/sdk/sessions')
  const platform = new FakeBrowser().platform('lone')
  create({ server: '', namespace: 'alone', platform: () => platform })
  await expect(load()).rejects.toThrow('nobody is signed in')
  expect(load).not.toBe(loadSessions)
})
