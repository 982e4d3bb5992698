import { beforeEach, describe, expect, test, vi } from 'vitest'
import { isReactive } from 'vue'
import { applyChange, emptyInbox, type Inbox } from '@/services/inbox/inbox'
import type { ClickTarget } from '@/services/presentation/presentation'
import { InboxCommits, pacedFrames } from '@/store/view'
import { store } from '@/store'
import { TargetOpener } from '@/store/open-target'
import { setClient } from '@/store/runtime'
import { listMessages, loadOlder, markRead, refresh, unreadTotal } from '@/store/notifications'
import { reconnectNow } from '@/store/connection'
import { flushInbox, setVisible, view } from '@/store/view'
import { FakeClock } from '../fake-clock'
import { feedState, messages } from '../messages'
import { FakeBrowser } from '../session/fake-client'
import { settle } from '../fake-clock'

const inboxOf = (count: number): Inbox =>
  applyChange(applyChange(emptyInbox, { type: 'welcome', feeds: [feedState('all', 0)] }).inbox, {
    type: 'messages',
    feed: 'all',
    epoch: 'e1',
    messages: messages('all', 1, count),
  }).inbox

beforeEach(() => {
  view.clear()
  setClient(null)
})

describe('the store', () => {
  test('holds rows as they are: neither list nor row is made reactive', () => {
    view.inbox(inboxOf(10_000))
    flushInbox()
    const { rows, feeds } = store.state.notifications
    expect(rows).toHaveLength(10_000)
    expect(isReactive(rows)).toBe(false)
    expect(isReactive(rows[0])).toBe(false)
    expect(isReactive(feeds)).toBe(false)
  })

  test('tells who watches it that the list has changed', async () => {
    const seen: number[] = []
    const stop = store.watch(
      (state) => unreadTotal(state.notifications),
      (count) => seen.push(count),
    )
    view.inbox(inboxOf(3))
    flushInbox()
    await settle()
    expect(seen).toEqual([3])
    stop()
  })

  test('forgets what waits to be shown when the user signs out', () => {
    view.inbox(inboxOf(3))
    view.clear()
    flushInbox()
    expect(store.state.notifications.rows).toEqual([])
    expect(store.state.notifications.ready).toBe(false)
  })

  test('shows no state of the connection while nobody can see it, and then the last one', async () => {
    view.connection({ name: 'live', networkOnline: true })
    const seen: string[] = []
    const stop = store.watch(
      ({ connection }) => connection.name,
      (name) => seen.push(name),
      { flush: 'sync' },
    )
    setVisible(false)
    view.connection({ name: 'waiting', retryAt: 7 })
    view.connection({ name: 'connecting', retryAt: null })
    view.connection({ name: 'waiting', retryAt: 9 })
    view.inbox(inboxOf(3))
    flushInbox()
    expect(seen).toEqual([])
    // What is counted is seen on the icon.
    expect(unreadTotal(store.state.notifications)).toBe(3)

    setVisible(true)

    expect(seen).toEqual(['waiting'])
    expect(store.state.connection).toMatchObject({ name: 'waiting', retryAt: 9 })
    view.connection({ name: 'connecting' })
    setVisible(false)
    setVisible(true)
    expect(seen).toEqual(['waiting', 'connecting'])
    stop()
  })

  test('keeps what is asked of the client until its code is there', async () => {
    const browser = new FakeBrowser()
    const { client } = browser.openTab('lone', { view })
    await client.signInWithLink('https://gateway/#/pages/sign-in/sign-in?code=abcdefghij')
    await settle()
    browser.gateway.cut('socket of lone')
    await settle()
    expect(store.state.connection.name).toBe('waiting')
    reconnectNow()
    expect(store.state.connection.name).toBe('waiting')
    setClient(client)
    expect(store.state.connection.name).toBe('connecting')
  })

  test('tells a page that needs an account when nobody is signed in', async () => {
    setClient(new FakeBrowser().openTab('lone', { view }).client)
    await expect(refresh()).rejects.toThrow('nobody is signed in')
  })

  test('shows no list of a session that ended before the client was there', async () => {
    view.session({ status: 'signedIn', user: { id: 'me', name: 'me' } })
    view.inbox(inboxOf(3))
    view.ready()
    setClient(new FakeBrowser().openTab('lone', { view }).client)
    await settle()
    expect(store.state.session).toMatchObject({ status: 'signedOut', user: null })
    expect(store.state.notifications.rows).toEqual([])
  })
})

test('batches that arrive within one frame are one commit', () => {
  const committed: Inbox[] = []
  const frames: (() => void)[] = []
  const commits = new InboxCommits(
    (inbox) => committed.push(inbox),
    (run) => frames.push(run),
  )
  const last = inboxOf(3)
  for (const inbox of [inboxOf(1), inboxOf(2), last]) commits.add(inbox)
  expect(frames).toHaveLength(1)
  frames[0]?.()
  expect(committed).toEqual([last])
  commits.add(inboxOf(4))
  commits.flush()
  frames[1]?.()
  expect(committed).toHaveLength(2)
})

test('a list with news is drawn some time after the alert, and what somebody did to it at once', () => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { visibilityState: 'visible' })
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
    run()
  })
  const committed: Inbox[] = []
  const commits = new InboxCommits((inbox) => committed.push(inbox))
  const news = { ...inboxOf(1), rows: messages('topic:ci', 1, 1) }
  commits.add(news)
  vi.advanceTimersByTime(30)
  expect(committed).toEqual([])
  vi.advanceTimersByTime(10)
  expect(committed).toEqual([news])

  const followed = { ...news, feeds: {} }
  commits.add(followed)
  expect(committed.at(-1)).toBe(followed)

  commits.add({ ...news, rows: messages('topic:ci', 2, 2) })
  const read = { ...news, rows: messages('topic:ci', 2, 2) }
  commits.add(read)
  expect(committed.at(-1)).toBe(read)
  vi.advanceTimersByTime(100)
  expect(committed).toHaveLength(3)
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('a flood is drawn a few times a second, and what comes after it at once', () => {
  vi.useFakeTimers()
  const drawn: number[] = []
  const schedule = pacedFrames(Date.now, (run) => {
    run()
  })
  const start = Date.now()
  const commits = new InboxCommits(() => drawn.push(Date.now() - start), schedule)
  for (let ms = 0; ms < 2_000; ms += 10) {
    commits.add(inboxOf(1))
    vi.advanceTimersByTime(10)
  }
  expect(drawn.length).toBeLessThan(30)
  expect(drawn.at(-1)).toBeGreaterThan(1_850)
  vi.advanceTimersByTime(1_000)
  const before = drawn.length
  commits.add(inboxOf(2))
  expect(drawn).toHaveLength(before + 1)
  vi.useRealTimers()
})

describe('the functions for pages', () => {
  async function signIn() {
    const browser = new FakeBrowser()
    const { client } = browser.openTab('lone', { view })
    setClient(client)
    await client.signInWithLink('https://gateway/#/pages/sign-in/sign-in?code=abcdefghij')
    await pump(browser)
    return browser
  }

  async function pump(browser: FakeBrowser): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      await settle()
      while (browser.gateway.serve('socket of lone')) await settle()
      while (browser.gateway.carry('socket of lone')) await settle()
    }
    flushInbox()
  }

  test('load older messages and say how it went', async () => {
    const browser = await signIn()
    browser.gateway.publish('user:me', 300)
    browser.gateway.cut('socket of lone')
    browser.clock.advance(1_000)
    await pump(browser)
    const loading = loadOlder(null)
    expect(store.state.notifications.history).toEqual({ loading: true, error: null, end: false })
    await loading
    expect(store.state.notifications.history.loading).toBe(false)
    browser.answer = () => null
    await loadOlder(null)
    const { error } = store.state.notifications.history
    const end =
      listMessages(store.state.notifications, { feed: null, unreadOnly: false, search: '' }).length === 300
    expect(error === 'server_unreachable' || end).toBe(true)
  })

  test('mark messages as read', async () => {
    const browser = await signIn()
    browser.gateway.publish('user:me', 3)
    await pump(browser)
    expect(unreadTotal(store.state.notifications)).toBe(3)
    await markRead(store.state.notifications.rows.slice(0, 2))
    await pump(browser)
    expect(unreadTotal(store.state.notifications)).toBe(1)
    expect(browser.gateway.stateOf('user:me').unread).toBe(1)
  })
})

describe('what was clicked', () => {
  function start(first?: string) {
    const clock = new FakeClock()
    const opened: string[] = []
    const pages = { top: first }
    const opener = new TargetOpener({
      top: () => pages.top,
      open: (url, instead) => opened.push(instead ? `instead ${url}` : url),
      switchTab: (url) => opened.push(`tab ${url}`),
      later: (run, ms) => void clock.setTimeout(run, ms),
    })
    return { clock, opened, pages, opener }
  }
  const target: ClickTarget = { messageId: 'm1', feed: 'all' }

  test('is opened over the page on top', () => {
    const { opener, opened } = start('/pages/inbox/inbox')
    opener.open(target)
    expect(opened).toEqual(['/pages/message/message?id=m1'])
  })

  test('takes the place of another message, and is not opened twice', () => {
    const { opener, opened, pages } = start('/pages/message/message?id=m0')
    opener.open(target)
    pages.top = '/pages/message/message?id=m1'
    opener.open(target)
    expect(opened).toEqual(['instead /pages/message/message?id=m1'])
  })

  test('on a cold start waits for the first page, and is opened once', () => {
    const { opener, opened, pages, clock } = start()
    opener.open({ inbox: true })
    opener.open(target)
    clock.advance(500)
    expect(opened).toEqual([])
    pages.top = '/pages/inbox/inbox'
    clock.advance(60_000)
    expect(opened).toEqual(['/pages/message/message?id=m1'])
  })

  test('is forgotten when no page ever comes', () => {
    const { opener, opened, pages, clock } = start()
    opener.open(target)
    clock.advance(60_000)
    pages.top = '/pages/inbox/inbox'
    clock.advance(60_000)
    expect(opened).toEqual([])
  })

  test('a summary opens the inbox', () => {
    const { opener, opened } = start('/pages/settings/settings')
    opener.open({ inbox: true })
    expect(opened).toEqual(['tab /pages/inbox/inbox'])
  })
})
