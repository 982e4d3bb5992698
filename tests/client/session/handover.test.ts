import { closeCodes, type PushPayload } from '@herald/protocol'
import { describe, expect, test } from 'vitest'
import type { HttpAnswer } from '@/services/api/http'
import { SETTLE_MS } from '@/services/presentation/alert-hold'
import { TAKE_BACK_AGAIN_MS, TAKE_BACK_MS } from '@/services/session/leader'
import { REJOIN_MS } from '@/services/session/rejoin'
import { readSession } from '@/services/session/session-record'
import type { InboxStorage, StorageWrite } from '@/services/storage/storage'
import { LEADER_ANSWER_MS } from '@/services/tabs/leader-watch'
import { LockElection } from '@/services/tabs/lock-election'
import { FakeClock, settle } from '../fake-clock'
import { idOf, message } from '../messages'
import { FakeBrowser, FakePush, LateElection } from './fake-client'

const LINK = 'https://gateway/#/pages/sign-in/sign-in?code=abcdefghij'
const ME = 'user:me'

/** A push of the first message, which no system has shown. */
const BROUGHT = {
  payload: {
    ...({ herald: 1, to: 'recipient-of-me', badge: 1, type: 'message' } as const),
    ...{ id: idOf(ME, 1), feed: ME, epoch: 'e1', seq: 1, time: 1, priority: 3, title: 'one', body: '1' },
  } satisfies PushPayload,
  shown: false,
}

/** Storage whose writings wait, once they are held, until the test lets them through. */
class HeldWrites implements InboxStorage {
  readonly #inner: InboxStorage
  #held: (() => void)[] | null = null

  constructor(inner: InboxStorage) {
    this.#inner = inner
  }

  load = () => this.#inner.load()
  clear = () => this.#inner.clear()

  async write(change: StorageWrite): Promise<void> {
    const held = this.#held
    if (held) await new Promise<void>((resolve) => held.push(resolve))
    await this.#inner.write(change)
  }

  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const go of held) go()
  }
}

/** Storage that is read only when the test lets it be. */
class HeldLoad implements InboxStorage {
  readonly #inner: InboxStorage
  #release = (): void => undefined
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve))

  constructor(inner: InboxStorage) {
    this.#inner = inner
  }

  clear = () => this.#inner.clear()
  write = (change: StorageWrite) => this.#inner.write(change)

  async load(): ReturnType<InboxStorage['load']> {
    await this.#released
    return this.#inner.load()
  }

  release = (): void => {
    this.#release()
  }
}

/** What a tab has shown. */
const shown = ({ view }: { view: { banners: readonly unknown[] } }): unknown[] =>
  view.banners.filter((banner) => banner !== null)

/** Tab a led until it was frozen, tab b leads now and has shown a message that a never heard of. */
async function frozenLeader() {
  const browser = new FakeBrowser()
  const election = new LateElection(new LockElection(browser.locks.of('a'), 'herald'))
  const a = browser.openTab('a', { tabs: { id: 'a', channel: browser.channels.channel('a'), election } })
  await a.client.signInWithLink(LINK)
  browser.gateway.publish(ME, 1)
  await browser.rest('a')
  const b = browser.openTab('b', { visible: false })
  a.client.setVisible(false)
  await browser.rest('a', 'b')
  browser.channels.freeze('a')
  election.freeze()
  b.client.setVisible(true)
  browser.clock.advance(LEADER_ANSWER_MS)
  await browser.rest('b')
  browser.gateway.publish(ME, 2)
  await browser.rest('b')
  browser.channels.thawWithout('a')
  return { browser, a, b, election }
}

/** Tab a leads, tab b follows and is not looked at. */
async function twoTabs() {
  const browser = new FakeBrowser()
  const a = browser.openTab('a')
  await a.client.signInWithLink(LINK)
  await browser.rest('a')
  const b = browser.openTab('b', { visible: false })
  await browser.rest('a', 'b')
  return { browser, a, b }
}

describe('a tab that becomes the leader', () => {
  test('has what the one before had stored and it never heard of: a row that was deleted there stays away', async () => {
    const { browser, a, b } = await twoTabs()
    browser.channels.freeze('b')
    browser.gateway.publish(ME, 2)
    await browser.rest('a')
    await a.client.account?.hide([idOf(ME, 1)])
    await browser.rest('a')
    browser.killTab('a')
    await browser.rest('b')
    expect(b.view.state).toMatchObject({ leader: true, name: 'live' })
    expect(b.view.seqs).toEqual([`${ME} 2`])
  })

  test('takes anew what an earlier life had stored and died before it alerted', async () => {
    const browser = new FakeBrowser()
    // Its timers never run again: that is its death.
    const first = browser.openTab('lone', { clock: new FakeClock(), visible: false })
    await first.client.signInWithLink(LINK)
    await browser.rest('lone')
    browser.gateway.publish(ME, 2)
    await browser.rest('lone')
    browser.gateway.lose('socket of lone')
    expect((await browser.storage.load()).rows).toHaveLength(2)
    expect(browser.system.notified).toBe(0)
    const second = browser.openTab('lone', { visible: false })
    await browser.rest('lone')
    browser.clock.advance(SETTLE_MS)
    await browser.rest('lone')
    expect(second.view.seqs).toEqual([`${ME} 2`, `${ME} 1`])
    expect([...browser.system.shown.keys()].sort()).toEqual([idOf(ME, 1), idOf(ME, 2)])
  })
})

describe('a tab that has lost the lead', () => {
  test('shows nothing of what it still waited to show: the tab that leads now gets it itself', async () => {
    const { browser, a, b } = await twoTabs()
    a.client.setVisible(false)
    await browser.rest('a', 'b')
    browser.channels.freeze('a')
    b.client.setVisible(true)
    browser.clock.advance(LEADER_ANSWER_MS - SETTLE_MS / 2)
    browser.gateway.publish(ME, 1)
    await browser.rest('a')
    browser.clock.advance(SETTLE_MS / 2)
    await browser.rest('a', 'b')
    expect(b.view.state).toMatchObject({ leader: true, name: 'live' })
    browser.channels.thaw('a')
    for (let waited = 0; waited < REJOIN_MS + SETTLE_MS; waited += SETTLE_MS) {
      browser.clock.advance(SETTLE_MS)
      await browser.rest('a', 'b')
    }
    expect(b.view.banners.filter((banner) => banner !== null)).toHaveLength(1)
    expect(browser.system.notified).toBe(0)
  })
})

describe('a tab that led until it was frozen', () => {
  test('leaves the alerts of what it brought to the tab that leads now, which got them from it', async () => {
    const { browser, b, election } = await frozenLeader()
    b.client.setVisible(false)
    browser.clock.advance(SETTLE_MS)
    await browser.rest('b')
    const before = browser.system.notified
    browser.gateway.publish(ME, 1)
    await browser.rest('a')
    expect(b.view.seqs).toContain(`${ME} 4`)
    election.thaw()
    for (let waited = 0; waited < REJOIN_MS + SETTLE_MS; waited += SETTLE_MS) {
      browser.clock.advance(SETTLE_MS)
      await browser.rest('a', 'b')
    }
    expect(browser.system.notified - before).toBe(1)
  })

  test('in the middle of a write shows nothing of it: the tab that leads now did not find it in storage', async () => {
    const browser = new FakeBrowser()
    const [clock, storage] = [new FakeClock(), new HeldWrites(browser.storage)]
    const a = browser.openTab('a', { clock, storage })
    await a.client.signInWithLink(LINK)
    await browser.rest('a')
    const b = browser.openTab('b', { visible: false })
    await browser.rest('a', 'b')
    storage.hold()
    browser.gateway.publish(ME, 1)
    await browser.rest('a')
    a.client.setVisible(false)
    browser.channels.freeze('a')
    b.client.setVisible(true)
    browser.clock.advance(LEADER_ANSWER_MS)
    await browser.rest('b')
    expect(shown(b)).toHaveLength(1)
    clock.freeze(LEADER_ANSWER_MS)
    storage.release()
    for (let turn = 0; turn < 3; turn += 1) {
      for (const each of [clock, browser.clock]) each.advance(SETTLE_MS)
      await browser.rest('a', 'b')
    }
    expect([shown(a), shown(b), browser.system.notified]).toMatchObject([[], [{}], 0])
  })

  test('in the middle of a write shows nothing of a push either', async () => {
    const browser = new FakeBrowser()
    const [clock, storage, push] = [new FakeClock(), new HeldWrites(browser.storage), new FakePush()]
    const a = browser.openTab('a', { clock, storage, loadPush: () => Promise.resolve(push) })
    await a.client.signInWithLink(LINK)
    await browser.rest('a')
    const b = browser.openTab('b', { visible: false })
    await browser.rest('a', 'b')
    storage.hold()
    push.bring(BROUGHT)
    await browser.rest('a')
    a.client.setVisible(false)
    browser.channels.freeze('a')
    b.client.setVisible(true)
    browser.push.bring(BROUGHT)
    for (const ms of [LEADER_ANSWER_MS, SETTLE_MS]) {
      browser.clock.advance(ms)
      await browser.rest('b')
    }
    expect(shown(b)).toHaveLength(1)
    clock.freeze(LEADER_ANSWER_MS)
    storage.release()
    for (let turn = 0; turn < 3; turn += 1) {
      for (const each of [clock, browser.clock]) each.advance(SETTLE_MS)
      await browser.rest('a', 'b')
    }
    expect([shown(a), shown(b), browser.system.notified]).toMatchObject([[], [{}], 0])
  })

  test('while it fetched the words of a push hands it on to the tab that leads now', async () => {
    const browser = new FakeBrowser()
    const [clock, push] = [new FakeClock(), new FakePush()]
    const election = new LateElection(new LockElection(browser.locks.of('a'), 'herald'))
    const tabs = { id: 'a', channel: browser.channels.channel('a'), election }
    const a = browser.openTab('a', { tabs, clock, loadPush: () => Promise.resolve(push) })
    await a.client.signInWithLink(LINK)
    await browser.rest('a')
    const b = browser.openTab('b', { visible: false })
    await browser.rest('a', 'b')
    let answer = (_: HttpAnswer): void => undefined
    browser.slow = ({ url }) =>
      url.includes('/v1/messages/') ? new Promise((resolve) => (answer = resolve)) : undefined
    const { title: _title, body: _body, ...idOnly } = BROUGHT.payload
    push.bring({ payload: idOnly, shown: false })
    await browser.rest('a')
    a.client.setVisible(false)
    browser.channels.freeze('a')
    election.freeze()
    b.client.setVisible(true)
    browser.push.bring(BROUGHT)
    for (const ms of [LEADER_ANSWER_MS, SETTLE_MS]) {
      browser.clock.advance(ms)
      await browser.rest('b')
    }
    expect(shown(b)).toHaveLength(1)
    clock.freeze(LEADER_ANSWER_MS)
    answer({ status: 200, text: JSON.stringify(message(ME, 1)) })
    await settle()
    browser.channels.thaw('a')
    election.thaw()
    for (let turn = 0; turn < 3; turn += 1) {
      for (const each of [clock, browser.clock]) each.advance(SETTLE_MS)
      await browser.rest('a', 'b')
    }
    expect([shown(a), shown(b), browser.system.notified]).toMatchObject([[], [{}], 0])
  })

  test('finds another session when the same person came back with the same token meanwhile', async () => {
    const { browser, a, b, election } = await frozenLeader()
    const { token } = readSession(browser.keyValue) ?? { token: '' }
    browser.channels.freeze('a')
    await b.client.signOut()
    await b.client.signInWithToken('https://gateway', token)
    await browser.rest('b')
    election.thaw()
    browser.channels.thaw('a')
    await browser.rest('a', 'b')
    expect(a.view.seqs).toEqual([`${ME} 3`, `${ME} 2`, `${ME} 1`])
    expect(a.view.seqs).toEqual(b.view.seqs)
  })

  test('has what came meanwhile as soon as it hears that it does not lead, though nothing new comes', async () => {
    const { browser, a, b, election } = await frozenLeader()
    election.thaw()
    await browser.rest('b')
    expect(a.view.seqs).toEqual([`${ME} 3`, `${ME} 2`, `${ME} 1`])
    expect(a.view.seqs).toEqual(b.view.seqs)
  })

  test('and wrote over what the new leader had stored has all the same, and so has the next start', async () => {
    const { browser, a, election } = await frozenLeader()
    const storedCursor = async () =>
      (await browser.storage.load()).feeds.find(({ feed }) => feed === ME)?.cursor
    browser.gateway.carry('socket of a')
    await browser.rest()
    expect(await storedCursor()).toBe(2)
    election.thaw()
    await browser.rest('b')
    expect(a.view.seqs).toEqual([`${ME} 3`, `${ME} 2`, `${ME} 1`])
    expect(await storedCursor()).toBe(3)
  })
})

describe('a leader whose place another socket of its device took', () => {
  async function replaced() {
    const { browser, a } = await twoTabs()
    browser.gateway.cut('socket of a', closeCodes.replaced)
    expect(a.view.state).toMatchObject({ leader: true, name: 'stopped', closeName: 'replaced' })
    browser.clock.advance(TAKE_BACK_MS)
    await browser.rest('a')
    return { browser, a }
  }

  test('takes it back: it was a tab that did not know yet that it leads no more', async () => {
    const { a } = await replaced()
    expect(a.view.state).toMatchObject({ leader: true, name: 'live' })
  })

  test('leaves it to whoever takes it again: that is another browser', async () => {
    const { browser, a } = await replaced()
    browser.gateway.cut('socket of a', closeCodes.replaced)
    browser.clock.advance(TAKE_BACK_AGAIN_MS - TAKE_BACK_MS - 1)
    await browser.rest('a')
    expect(a.view.state).toMatchObject({ leader: true, name: 'stopped' })
  })
})

describe('a tab that follows', () => {
  test('that missed messages asks again when the next one shows it, and then has all', async () => {
    const { browser, a, b } = await twoTabs()
    browser.channels.freeze('b')
    browser.gateway.publish(ME, 2)
    await browser.rest('a', 'b')
    browser.channels.thawWithout('b')
    expect(b.view.seqs).toEqual([])
    browser.gateway.publish(ME, 1)
    await browser.rest('a', 'b')
    expect(b.view.seqs).toEqual([`${ME} 3`, `${ME} 2`, `${ME} 1`])
    expect(b.view.seqs).toEqual(a.view.seqs)
  })

  test('that came while the leader’s storage was slow has all as soon as that has taken it', async () => {
    const browser = new FakeBrowser()
    const storage = new HeldWrites(browser.storage)
    const a = browser.openTab('a', { storage })
    await a.client.signInWithLink(LINK)
    await browser.rest('a')
    storage.hold()
    browser.gateway.publish(ME, 2)
    await browser.rest('a')
    const b = browser.openTab('b', { visible: false })
    await browser.rest('a', 'b')
    expect(b.view.seqs).toEqual([])
    storage.release()
    await browser.rest('a', 'b')
    expect(b.view.seqs).toEqual([`${ME} 2`, `${ME} 1`])
  })
})

test('a tab that leads before it has read storage keeps what it heard from a leader that died first', async () => {
  const browser = new FakeBrowser()
  const dying = new HeldWrites(browser.storage)
  const a = browser.openTab('a', { storage: dying })
  await a.client.signInWithLink(LINK)
  browser.gateway.publish(ME, 2)
  await browser.rest('a')
  const slow = new HeldLoad(browser.storage)
  browser.openTab('b', { storage: slow, visible: false })
  await browser.rest('a')
  dying.hold()
  void a.client.account?.hide([idOf(ME, 1)])
  await browser.rest('a')
  browser.killTab('a')
  await settle()
  slow.release()
  await browser.rest('b')
  browser.killTab('b')
  // The next start has it from storage alone.
  const c = browser.openTab('c')
  await settle()
  expect(c.view.seqs).toEqual([`${ME} 2`])
})

test('what a push has shown is acked when storage has it, and not before: a tab that dies then shows it again', async () => {
  const browser = new FakeBrowser()
  const storage = new HeldWrites(browser.storage)
  const a = browser.openTab('a', { storage })
  await a.client.signInWithLink(LINK)
  browser.gateway.publish(ME, 1)
  await browser.rest('a')
  storage.hold()
  const before = browser.gateway.acks.length
  browser.gateway.tellPushed(ME, [[1, 1]])
  await browser.rest('a')
  browser.clock.advance(1000)
  await browser.rest('a')
  expect(browser.gateway.acks).toHaveLength(before)
  storage.release()
  await browser.rest('a')
  browser.clock.advance(1000)
  await browser.rest('a')
  expect(browser.gateway.acks.length).toBeGreaterThan(before)
})

test('a tab whose user was signed out elsewhere writes nothing into the next one’s session', async () => {
  const browser = new FakeBrowser()
  let answer = (_: HttpAnswer): void => undefined
  browser.slow = ({ method, url }) =>
    method === 'PUT' && url.includes('/v1/me/devices/')
      ? new Promise<HttpAnswer>((resolve) => (answer = resolve))
      : undefined
  const a = browser.openTab('a')
  await a.client.signInWithLink(LINK)
  await browser.rest('a')
  const b = browser.openTab('b', { visible: false })
  await browser.rest('a', 'b')
  browser.channels.freeze('a')
  browser.answer = ({ url }) => (url.endsWith('/v1/me') ? { status: 200, text: SOMEBODY_ELSE } : undefined)
  await b.client.signInWithToken('https://gateway', 'other')
  await browser.rest('b')
  answer({
    status: 200,
    text: JSON.stringify({ device: 'device-0001', recipient: 'recipient-of-me', push: [] }),
  })
  await settle()
  expect(readSession(browser.keyValue)).toMatchObject({ token: 'other', user: { id: 'ann' } })
  expect(readSession(browser.keyValue)?.recipient).toBeUndefined()
  // Nor may the worker, which shows pushes while no tab is there, get the old token again.
  expect(browser.push.kept).toBeNull()
})

test('a tab that has not heard of a sign-out elsewhere gives the worker no token back', async () => {
  const browser = new FakeBrowser()
  let answer = (_: HttpAnswer): void => undefined
  browser.slow = ({ method, url }) =>
    method === 'PUT' && url.includes('/v1/me/devices/')
      ? new Promise<HttpAnswer>((resolve) => (answer = resolve))
      : undefined
  const a = browser.openTab('a')
  await a.client.signInWithLink(LINK)
  await browser.rest('a')
  const b = browser.openTab('b', { visible: false })
  await browser.rest('a', 'b')
  browser.channels.freeze('a')
  await b.client.signOut()
  await browser.rest('b')
  const text = JSON.stringify({ device: 'device-0001', recipient: 'recipient-of-me', push: [] })
  answer({ status: 200, text })
  await settle()
  expect(browser.push.kept).toBeNull()
})

const SOMEBODY_ELSE = JSON.stringify({
  user: { id: 'ann', name: 'Ann' },
  token: {
    id: 't_2',
    user: 'ann',
    label: '',
    scopes: { publish: [], read: true, admin: false },
    created: 1,
    expires: null,
  },
  feeds: [],
})
