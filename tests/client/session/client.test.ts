import { describe, expect, test } from 'vitest'
import type { HttpAnswer } from '@/services/api/http'
import { SignInError } from '@/services/session/sign-in-error'
import { unreadTotal } from '@/services/inbox/message-list'
import { MemoryKeyValue } from '@/services/storage/key-value'
import {
  StorageError,
  type InboxStorage,
  type StoredInbox,
  type StorageWrite,
} from '@/services/storage/storage'
import { settle } from '../fake-clock'
import { SETTLE_MS } from '@/services/presentation/alert-hold'
import { BANNER_ANSWER_MS } from '@/services/tabs/banner-router'
import { idOf } from '../messages'
import { FakeBrowser } from './fake-client'

const LINK = 'https://gateway/#/pages/sign-in/sign-in?code=abcdefghij'
const DEVICE_URL = 'https://gateway/v1/me/devices/device-0001'
const refusal = (status: number, code: string): HttpAnswer => ({
  status,
  text: JSON.stringify({ error: { code, message: 'why', retryable: false } }),
})

/** What the gateway says to a token of this user. */
const meAs = (id: string): HttpAnswer => ({
  status: 200,
  text: JSON.stringify({
    user: { id, name: id },
    token: {
      id: 't',
      user: id,
      label: '',
      scopes: { publish: [], read: true, admin: false },
      created: 1,
      expires: null,
    },
    feeds: [],
  }),
})

/** Lets frames, storage and messages between tabs come to rest. */
async function rest(browser: FakeBrowser, ...tabs: string[]): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await settle()
    for (const tab of tabs.length > 0 ? tabs : ['lone']) {
      while (browser.gateway.serve(`socket of ${tab}`)) await settle()
      while (browser.gateway.carry(`socket of ${tab}`)) await settle()
    }
  }
}

async function signedIn(browser = new FakeBrowser(), patch = {}) {
  const tab = browser.openTab('lone', patch)
  await tab.client.signInWithLink(LINK)
  await rest(browser)
  return { browser, ...tab }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof SignInError ? error.code : String(error)
}

describe('signing in', () => {
  test('with a link exchanges its code for a token, and connects', async () => {
    const { browser, view } = await signedIn()
    expect(browser.requests[0]).toMatchObject({
      method: 'POST',
      body: { code: 'abcdefghij', label: 'Test browser' },
    })
    expect(view.state).toMatchObject({
      status: 'signedIn',
      server: 'https://gateway',
      user: { id: 'me' },
      name: 'live',
    })
    expect(view.isReady).toBe(true)
  })

  test('with a token asks who it is', async () => {
    const browser = new FakeBrowser()
    const { client, view } = browser.openTab('lone')
    await client.signInWithToken('gateway.example', ' tok ')
    expect(browser.requests[0]).toMatchObject({
      url: 'https://gateway.example/v1/me',
      headers: { Authorization: 'Bearer tok' },
    })
    expect(view.state).toMatchObject({ status: 'signedIn', server: 'https://gateway.example' })
  })

  test('survives a restart', async () => {
    const { browser } = await signedIn()
    browser.gateway.publish('user:me', 2)
    await rest(browser)
    const again = browser.openTab('lone')
    await rest(browser)
    expect(again.view.state).toMatchObject({ status: 'signedIn' })
    expect(again.view.seqs).toEqual(['user:me 2', 'user:me 1'])
  })

  test.each<[string, HttpAnswer | null, string]>([
    ['no network', null, 'server_unreachable'],
    ['another server', { status: 200, text: '<html>' }, 'not_herald'],
    ['an unknown token', refusal(401, 'token_invalid'), 'token_invalid'],
    ['an old token', refusal(401, 'token_expired'), 'token_expired'],
    ['a revoked token', refusal(401, 'token_revoked'), 'token_revoked'],
    ['a token that only publishes', refusal(403, 'read_forbidden'), 'read_forbidden'],
    ['a foreign page', refusal(403, 'origin_forbidden'), 'origin_forbidden'],
    ['too many tries', refusal(429, 'rate_limited'), 'rate_limited'],
    ['a gateway with a fault', refusal(500, 'internal'), 'internal'],
    ['a gateway without a disk', refusal(503, 'storage_unavailable'), 'server_unreachable'],
    ['another Herald', refusal(404, 'not_found'), 'not_herald'],
  ])('%s fails as %s says', async (_name, answer, code) => {
    const browser = new FakeBrowser()
    const { client, view } = browser.openTab('lone')
    browser.answer = () => answer
    expect(await codeOf(client.signInWithToken('https://gateway', 'tok'))).toBe(code)
    expect(view.state.status).toBe('signedOut')
  })

  test('a used link fails', async () => {
    const browser = new FakeBrowser()
    browser.answer = () => refusal(401, 'sign_in_code_invalid')
    expect(await codeOf(browser.openTab('lone').client.signInWithLink(LINK))).toBe('sign_in_code_invalid')
  })

  test('nothing is asked of an address that is none, of plain http from a secure page, or with a token no header takes', async () => {
    const browser = new FakeBrowser()
    const { client } = browser.openTab('lone', { transport: 'https' })
    expect(await codeOf(client.signInWithToken('not an address', 't'))).toBe('address_invalid')
    expect(await codeOf(client.signInWithToken('http://gateway', 't'))).toBe('insecure_address')
    expect(await codeOf(client.signInWithToken('https://gateway', 'ключ'))).toBe('token_invalid')
    expect(await codeOf(client.signInWithLink('https://gateway/'))).toBe('address_invalid')
    expect(browser.requests).toEqual([])
  })

  test('as another user finds nothing of the one before', async () => {
    const { browser, client, view } = await signedIn()
    browser.gateway.publish('user:me', 2)
    await rest(browser)
    expect(view.seqs).toHaveLength(2)
    browser.answer = () => null
    await client.signInWithToken('https://gateway', 'tok').catch(() => undefined)
    browser.answer = ({ url }) => (url.endsWith('/v1/me') ? meAs('other') : undefined)
    await client.signInWithToken('https://gateway', 'tok')
    expect((await browser.storage.load()).rows).toEqual([])
  })
})

describe('signing out', () => {
  test('leaves no token, row, banner or notification, and revokes the token that was made for this device', async () => {
    const { browser, client, view } = await signedIn()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    await browser.system.notify(
      { kind: 'message', message: view.current!.rows[0]! },
      { sound: true, vibration: true, preview: true },
    )
    await client.signOut()
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedOut', user: null, endedBecause: null, name: 'stopped' })
    expect(view.current).toBeNull()
    expect(view.banners.at(-1)).toBeNull()
    expect(browser.system.shown.size).toBe(0)
    expect(await browser.storage.load()).toEqual({ feeds: [], rows: [], hidden: [], presented: [] })
    expect(JSON.stringify(browser.keyValue.keys().map((key) => browser.keyValue.get(key)))).not.toContain(
      'minted',
    )
    expect(browser.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      url: 'https://gateway/v1/tokens/minted1',
    })
  })

  test('works without a network, and takes back registration and token when there is one again', async () => {
    const { browser, client, view } = await signedIn()
    browser.answer = () => null
    await client.signOut()
    expect(view.state.status).toBe('signedOut')
    expect(browser.keyValue.get('session')).toBeUndefined()
    await settle()
    const tried = browser.requests.length
    browser.answer = undefined
    browser.clock.advance(5_000)
    await settle()
    expect(browser.requests.slice(tried)).toMatchObject([
      { method: 'DELETE', url: DEVICE_URL },
      { method: 'DELETE', url: 'https://gateway/v1/tokens/minted1' },
    ])
  })

  test('leaves a pasted token alone: others may use it', async () => {
    const browser = new FakeBrowser()
    const { client } = browser.openTab('lone')
    await client.signInWithToken('https://gateway', 'tok')
    await client.signOut()
    await settle()
    expect(browser.requests.filter(({ url }) => url.includes('/v1/tokens/'))).toEqual([])
    expect(browser.requests.at(-1)).toMatchObject({ method: 'DELETE', url: DEVICE_URL })
  })

  test('works when storage fails, says so, and the next start wipes what is left', async () => {
    const { browser, client, view } = await signedIn()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    const clear = browser.storage.clear.bind(browser.storage)
    browser.storage.clear = () => Promise.reject(new StorageError('failed', 'no'))
    await client.signOut()
    expect(view.state).toMatchObject({ status: 'signedOut', storageFailed: true })
    browser.storage.clear = clear
    browser.openTab('lone')
    await settle()
    expect((await browser.storage.load()).rows).toEqual([])
  })

  test('writes nothing afterwards that was on its way', async () => {
    const { browser, client } = await signedIn()
    browser.gateway.publish('user:me', 1)
    const out = client.signOut()
    await rest(browser)
    await out
    expect((await browser.storage.load()).rows).toEqual([])
  })
})

describe('an ended session', () => {
  test('a revoked token signs out at once and says why', async () => {
    const { browser, view } = await signedIn()
    browser.gateway.cut('socket of lone', 4512)
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedOut', endedBecause: 'token_revoked' })
    expect(browser.keyValue.get('session')).toBeUndefined()
  })

  test('an expired token found by a request does too', async () => {
    const { browser, client, view } = await signedIn()
    browser.answer = () => refusal(401, 'token_expired')
    await client.account?.refresh().catch(() => undefined)
    await settle()
    expect(view.state).toMatchObject({ status: 'signedOut', endedBecause: 'token_expired' })
  })

  test('another socket of this device only stops the connection', async () => {
    const { browser, view } = await signedIn()
    browser.gateway.cut('socket of lone', 4520)
    await rest(browser)
    expect(view.state).toMatchObject({
      status: 'signedIn',
      name: 'stopped',
      code: 4520,
      closeName: 'replaced',
    })
  })
})

describe('an account', () => {
  test('alerts by a banner in the foreground and by the system in the background', async () => {
    const { browser, client, view } = await signedIn()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    expect(view.banners.at(-1)).toMatchObject({ kind: 'message' })
    client.dismissBanner()
    client.setVisible(false)
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    browser.clock.advance(SETTLE_MS)
    await rest(browser)
    expect([...browser.system.shown.keys()]).toEqual([idOf('user:me', 2)])
  })

  test('takes a notification away when its message was read', async () => {
    const { browser, client, view } = await signedIn()
    client.setVisible(false)
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    await client.account?.markRead(view.current!.rows)
    await settle()
    expect(browser.system.shown.size).toBe(0)
    expect(unreadTotal(view.current!)).toBe(0)
  })

  test('deleting counts as reading', async () => {
    const { browser, client, view } = await signedIn()
    browser.gateway.publish('user:me', 2)
    await rest(browser)
    await client.account?.hide([idOf('user:me', 1)])
    expect(view.seqs).toEqual(['user:me 2'])
    expect(unreadTotal(view.current!)).toBe(1)
    await rest(browser)
    expect(browser.gateway.stateOf('user:me').unread).toBe(1)
  })

  test('marks all as read, of one feed or of all', async () => {
    const { browser, client, view } = await signedIn()
    browser.gateway.publish('user:me', 2)
    browser.gateway.publish('topic:ci', 3)
    await rest(browser)
    await client.account?.markAllRead('topic:ci')
    expect(unreadTotal(view.current!)).toBe(2)
    await client.account?.markAllRead(null)
    expect(unreadTotal(view.current!)).toBe(0)
  })

  test('brings what is new over HTTP when no socket gets through', async () => {
    const { browser, client, view } = await signedIn()
    browser.gateway.lose('socket of lone')
    browser.gateway.cut('socket of lone')
    client.account?.tab.networkChanged('lost')
    browser.clock.advance(20_000)
    browser.gateway.publish('user:me', 3)
    await client.account?.refresh()
    expect(view.seqs).toEqual(['user:me 3', 'user:me 2', 'user:me 1'])
    await rest(browser)
    expect(view.seqs).toHaveLength(3)
  })

  test('finds a message in storage before it asks, and says undefined of one that is gone', async () => {
    const { browser, client } = await signedIn()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    const asked = browser.requests.length
    expect(await client.account?.fetchMessage(idOf('user:me', 1))).toMatchObject({ seq: 1 })
    expect(browser.requests).toHaveLength(asked)
    browser.answer = () => refusal(404, 'message_not_found')
    expect(await client.account?.fetchMessage(idOf('user:me', 9))).toBeUndefined()
    browser.answer = () => null
    await expect(client.account?.fetchMessage(idOf('user:me', 9))).rejects.toMatchObject({
      code: 'server_unreachable',
    })
  })

  test('on a platform that freezes it leaves the socket when hidden, and dials when shown', async () => {
    const { browser, client, view } = await signedIn(new FakeBrowser(), { whenHidden: 'suspend' })
    client.setVisible(false)
    expect(view.state.name).toBe('suspended')
    client.setVisible(true)
    await rest(browser)
    expect(view.state.name).toBe('live')
  })
})

describe('settings', () => {
  test('are saved, and survive a sign-out', async () => {
    const { browser, client } = await signedIn()
    client.updateSettings({ sound: false, language: 'zh-Hans' })
    await client.signOut()
    const { view } = browser.openTab('lone')
    expect(view.shownSettings).toMatchObject({ sound: false, language: 'zh-Hans', preview: true })
  })

  test('a broken value falls back alone', () => {
    const browser = new FakeBrowser()
    browser.keyValue.set('settings', {
      sound: 'loud',
      theme: 'dark',
      quietHours: { enabled: true, from: '25:00', to: '' },
    })
    const { view } = browser.openTab('lone')
    expect(view.shownSettings).toMatchObject({ sound: true, theme: 'dark', quietHours: { enabled: false } })
  })
})

/** Storage whose readings take what is there at once, and give it when the test lets them. */
class SlowLoads implements InboxStorage {
  readonly #inner: InboxStorage
  readonly #waiting: (() => void)[] = []

  constructor(inner: InboxStorage) {
    this.#inner = inner
  }

  async load(): Promise<StoredInbox> {
    const stored = await this.#inner.load()
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return stored
  }

  write(change: StorageWrite): Promise<void> {
    return this.#inner.write(change)
  }

  clear(): Promise<void> {
    return this.#inner.clear()
  }

  async release(): Promise<void> {
    for (const go of this.#waiting.splice(0)) go()
    await settle()
  }
}

describe('tabs', () => {
  async function twoTabs() {
    const browser = new FakeBrowser()
    const a = browser.openTab('a')
    await a.client.signInWithLink(LINK)
    await rest(browser, 'a')
    const b = browser.openTab('b', { visible: false })
    await rest(browser, 'a', 'b')
    return { browser, a, b }
  }

  test('share one socket and show the same', async () => {
    const { browser, a, b } = await twoTabs()
    browser.gateway.publish('user:me', 2)
    await rest(browser, 'a', 'b')
    expect(a.view.state).toMatchObject({ leader: true, name: 'live' })
    expect(b.view.state).toMatchObject({ leader: false, name: 'live', status: 'signedIn' })
    expect(b.view.seqs).toEqual(['user:me 2', 'user:me 1'])
    expect(b.view.seqs).toEqual(a.view.seqs)
  })

  test('one of them alerts: the visible one that was focused last', async () => {
    const { browser, a, b } = await twoTabs()
    a.client.setVisible(false)
    b.client.setVisible(true)
    browser.clock.advance(300)
    await rest(browser, 'a', 'b')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    browser.clock.advance(SETTLE_MS)
    await rest(browser, 'a', 'b')
    expect(b.view.banners.filter((alert) => alert !== null)).toHaveLength(1)
    expect(a.view.banners.filter((alert) => alert !== null)).toHaveLength(0)
    expect(browser.system.notified).toBe(0)
  })

  test('none visible: one system notification', async () => {
    const { browser, a } = await twoTabs()
    a.client.setVisible(false)
    browser.clock.advance(300)
    await rest(browser, 'a', 'b')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    browser.clock.advance(SETTLE_MS)
    await rest(browser, 'a', 'b')
    expect(browser.system.notified).toBe(1)
  })

  test('a read in a follower is shown everywhere and sent by the leader', async () => {
    const { browser, a, b } = await twoTabs()
    browser.gateway.publish('user:me', 2)
    await rest(browser, 'a', 'b')
    await b.client.account?.markAllRead(null)
    await rest(browser, 'a', 'b')
    expect(unreadTotal(a.view.current!)).toBe(0)
    expect(browser.gateway.stateOf('user:me').unread).toBe(0)
  })

  test('a deletion in a follower is one everywhere, after a restart too', async () => {
    const { browser, a, b } = await twoTabs()
    browser.gateway.publish('user:me', 2)
    await rest(browser, 'a', 'b')
    await b.client.account?.hide([idOf('user:me', 1)])
    await rest(browser, 'a', 'b')
    expect(a.view.seqs).toEqual(['user:me 2'])
    expect((await browser.storage.load()).hidden).toEqual([idOf('user:me', 1)])
  })

  test('when the leader dies a follower takes over, with nothing lost or doubled', async () => {
    const { browser, b } = await twoTabs()
    browser.gateway.publish('user:me', 2)
    await rest(browser, 'a', 'b')
    browser.killTab('a')
    browser.gateway.publish('user:me', 2)
    await rest(browser, 'b')
    expect(b.view.state).toMatchObject({ leader: true, name: 'live' })
    expect(b.view.seqs).toEqual(['user:me 4', 'user:me 3', 'user:me 2', 'user:me 1'])
  })

  test('a leader that the browser froze is replaced when a follower is looked at', async () => {
    const { browser, a, b } = await twoTabs()
    browser.channels.freeze('a')
    b.client.setVisible(true)
    browser.clock.advance(3_000)
    await rest(browser, 'a', 'b')
    expect(b.view.state).toMatchObject({ leader: true, name: 'live' })
    browser.channels.thaw('a')
    await rest(browser, 'a', 'b')
    expect(a.view.state).toMatchObject({ leader: false })
  })

  test('a new leader does not alert again for what the dead one has shown and it never heard of', async () => {
    const { browser, a, b } = await twoTabs()
    a.client.setVisible(false)
    browser.clock.advance(300)
    await rest(browser, 'a', 'b')
    browser.channels.freeze('b')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a')
    browser.clock.advance(SETTLE_MS)
    await rest(browser, 'a')
    expect(browser.system.notified).toBe(1)
    browser.killTab('a')
    await rest(browser, 'b')
    browser.clock.advance(SETTLE_MS)
    await rest(browser, 'b')
    expect(b.view.state).toMatchObject({ leader: true, name: 'live' })
    expect(b.view.seqs).toEqual(['user:me 1'])
    expect(browser.system.notified).toBe(1)
  })

  test('a leader that answers is left alone', async () => {
    const { browser, a, b } = await twoTabs()
    b.client.setVisible(true)
    await rest(browser, 'a', 'b')
    browser.clock.advance(5_000)
    await rest(browser, 'a', 'b')
    expect(a.view.state).toMatchObject({ leader: true })
  })

  test('a follower that missed messages reads them from storage', async () => {
    const { browser, b } = await twoTabs()
    browser.channels.kill('b')
    browser.gateway.publish('user:me', 2)
    await rest(browser, 'a')
    const again = browser.openTab('c', { visible: false })
    await rest(browser, 'a', 'c')
    expect(b.view.seqs).toEqual([])
    expect(again.view.seqs).toEqual(['user:me 2', 'user:me 1'])
  })

  test('a lone tab tells nobody of messages, and one that comes has them all the same', async () => {
    const browser = new FakeBrowser()
    const a = browser.openTab('a')
    await a.client.signInWithLink(LINK)
    await rest(browser, 'a')
    const changes = (): number =>
      browser.channels.posted.filter(({ message }) => message.type === 'change').length
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a')
    expect(changes()).toBe(0)
    const b = browser.openTab('b', { visible: false })
    await rest(browser, 'a', 'b')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    expect(changes()).toBe(1)
    expect(b.view.seqs).toEqual(['user:me 2', 'user:me 1'])
  })

  test('a tab that was too slow for a banner still hears what comes', async () => {
    const { browser, a, b } = await twoTabs()
    a.client.setVisible(false)
    b.client.setVisible(true)
    await rest(browser, 'a', 'b')
    browser.channels.freeze('b')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a')
    browser.clock.advance(SETTLE_MS + BANNER_ANSWER_MS)
    await rest(browser, 'a')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a')
    browser.channels.thaw('b')
    await rest(browser, 'a', 'b')
    expect(b.view.seqs).toEqual(['user:me 2', 'user:me 1'])
  })

  test('signing out in one signs out all, and nothing is left', async () => {
    const { browser, a, b } = await twoTabs()
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    await b.client.signOut()
    await rest(browser, 'a', 'b')
    expect(a.view.state).toMatchObject({ status: 'signedOut' })
    expect(a.view.current).toBeNull()
    expect((await browser.storage.load()).rows).toEqual([])
  })

  test('signing in in one signs in the others', async () => {
    const browser = new FakeBrowser()
    const a = browser.openTab('a')
    const b = browser.openTab('b')
    await a.client.signInWithLink(LINK)
    await rest(browser, 'a', 'b')
    expect(b.view.state).toMatchObject({ status: 'signedIn', leader: false })
    expect(a.view.state).toMatchObject({ leader: true })
  })

  test('settings changed in one are those of all', async () => {
    const { browser, a, b } = await twoTabs()
    b.client.updateSettings({ theme: 'dark' })
    await rest(browser, 'a', 'b')
    expect(a.view.shownSettings).toMatchObject({ theme: 'dark' })
  })

  test('hear of each other before what is saved arrives: settings and a sign-out take hold all the same', async () => {
    const browser = new FakeBrowser()
    const late = new MemoryKeyValue()
    const a = browser.openTab('a', { keyValue: late })
    await a.client.signInWithLink(LINK)
    browser.keyValue.set('session', late.get('session'))
    const b = browser.openTab('b', { visible: false })
    await rest(browser, 'a', 'b')
    b.client.updateSettings({ theme: 'dark' })
    await b.client.signOut()
    await rest(browser, 'a', 'b')
    expect(a.view.shownSettings).toMatchObject({ theme: 'dark' })
    expect(a.view.state).toMatchObject({ status: 'signedIn' })
    late.remove('session')
    a.client.sessionStored()
    await rest(browser, 'a', 'b')
    expect(a.view.state).toMatchObject({ status: 'signedOut' })
  })

  test('a message that comes while another tab reads storage is in that tab too', async () => {
    const browser = new FakeBrowser()
    const a = browser.openTab('a')
    await a.client.signInWithLink(LINK)
    await rest(browser, 'a')
    const slow = new SlowLoads(browser.storage)
    const b = browser.openTab('b', { visible: false, storage: slow })
    await rest(browser, 'a', 'b')
    await slow.release()
    // The leader has said that all is stored: the second reading has begun, and has seen nothing yet.
    await rest(browser, 'a', 'b')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    await slow.release()
    await rest(browser, 'a', 'b')
    expect(b.view.seqs).toEqual(['user:me 1'])
  })

  test('a banner that is dismissed in a follower is gone for the leader too', async () => {
    const { browser, a, b } = await twoTabs()
    a.client.setVisible(false)
    b.client.setVisible(true)
    browser.clock.advance(300)
    await rest(browser, 'a', 'b')
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    b.client.dismissBanner()
    await rest(browser, 'a', 'b')
    expect(b.view.banners.at(-1)).toBeNull()
  })
})
