import { describe, expect, test, vi } from 'vitest'
import { isReactive, watch } from 'vue'
import { applyChange, emptyInbox, type Inbox } from '@/services/inbox/inbox'
import { unreadTotal } from '@/services/inbox/message-list'
import { InboxCommits, pacedFrames } from '@/store/inbox-commits'
import { StateWriter } from '@/store/state-writer'
import { StoreView } from '@/store/view'
import { TargetOpener, type Pages, type PageTarget } from '@/sdk/open-target'
import { FakeClock, settle } from '../fake-clock'
import { feedState, messages } from '../messages'
import { FakeBrowser } from '../session/fake-client'

const inboxOf = (count: number): Inbox =>
  applyChange(applyChange(emptyInbox, { type: 'welcome', feeds: [feedState('all', 0)] }).inbox, {
    type: 'messages',
    feed: 'all',
    epoch: 'e1',
    messages: messages('all', 1, count),
  }).inbox

function open() {
  const { state, commit } = new StateWriter()
  return { state, view: new StoreView(commit) }
}

describe('the state', () => {
  test('holds rows as they are: neither list nor row is made reactive', () => {
    const { state, view } = open()
    view.inbox(inboxOf(10_000))
    view.flush()
    const { rows, feeds } = state.notifications
    expect(rows).toHaveLength(10_000)
    expect(isReactive(rows)).toBe(false)
    expect(isReactive(rows[0])).toBe(false)
    expect(isReactive(feeds)).toBe(false)
  })

  test('tells who watches it that the list has changed', async () => {
    const { state, view } = open()
    const seen: number[] = []
    const stop = watch(
      () => unreadTotal(state.notifications),
      (count) => void seen.push(count),
    )
    view.inbox(inboxOf(3))
    view.flush()
    await settle()
    expect(seen).toEqual([3])
    stop()
  })

  test('forgets what waits to be shown when the user signs out', () => {
    const { state, view } = open()
    view.inbox(inboxOf(3))
    view.clear()
    view.flush()
    expect(state.notifications.rows).toEqual([])
    expect(state.notifications.ready).toBe(false)
  })

  test('shows no state of the connection while nobody can see it, and then the last one', async () => {
    const { state, view } = open()
    view.connection({ name: 'live', networkOnline: true })
    const seen: string[] = []
    const stop = watch(
      () => state.connection.name,
      (name) => void seen.push(name),
      { flush: 'sync' },
    )
    view.setVisible(false)
    view.connection({ name: 'waiting', retryAt: 7 })
    view.connection({ name: 'connecting', retryAt: null })
    view.connection({ name: 'waiting', retryAt: 9 })
    view.inbox(inboxOf(3))
    view.flush()
    expect(seen).toEqual([])
    // What is counted is seen on the icon.
    expect(unreadTotal(state.notifications)).toBe(3)

    view.setVisible(true)

    expect(seen).toEqual(['waiting'])
    expect(state.connection).toMatchObject({ name: 'waiting', retryAt: 9 })
    view.connection({ name: 'connecting' })
    view.setVisible(false)
    view.setVisible(true)
    expect(seen).toEqual(['waiting', 'connecting'])
    stop()
  })

  test('shows no list of a session that ended before the client was there', async () => {
    const { state, view } = open()
    view.session({ status: 'signedIn', user: { id: 'me', name: 'me' } })
    view.inbox(inboxOf(3))
    view.ready()
    new FakeBrowser().openTab('lone', { view })
    await settle()
    expect(state.session).toMatchObject({ status: 'signedOut', user: null })
    expect(state.notifications.rows).toEqual([])
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

describe('what was clicked', () => {
  function start(first?: string) {
    const clock = new FakeClock()
    const opened: string[] = []
    const pages = { top: first }
    const calls: Pages = {
      top: () => pages.top,
      open: (url, instead) => opened.push(instead ? `instead ${url}` : url),
      switchTab: (url) => opened.push(`tab ${url}`),
      later: (run, ms) => void clock.setTimeout(run, ms),
    }
    const opener = new TargetOpener(calls, '/pages/inbox/inbox')
    return { clock, opened, pages, opener }
  }
  const target: PageTarget = { page: '/pages/message/message?id=m1' }

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

  test('lies over another message when it was tapped in the app: the way back leads there', () => {
    const { opener, opened } = start('/pages/message/message?id=m0')
    opener.open(target, true)
    expect(opened).toEqual(['/pages/message/message?id=m1'])
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
