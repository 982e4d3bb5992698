import { closeCodes } from '@herald/protocol'
import { describe, expect, test } from 'vitest'
import type { HttpAnswer, HttpRequest } from '@/services/api/http'
import { unreadTotal } from '@/services/inbox/message-list'
import { readLocked, readSession } from '@/services/session/session-record'
import { SUPPLY_TIMEOUT_MS } from '@/services/session/token-supply'
import { settle } from '../fake-clock'
import { idOf } from '../messages'
import { FakeBrowser } from './fake-client'

const SERVER = 'https://gateway'
const LINK = `${SERVER}/#/pages/sign-in/sign-in?code=abcdefghij`
const LIFE_MS = 10_000
const EXPIRED = closeCodes.token_expired
const UNKNOWN = closeCodes.token_invalid
const REVOKED = closeCodes.token_revoked
const DISABLED = closeCodes.user_disabled

const refusal = (code: string): HttpAnswer => ({
  status: 401,
  text: JSON.stringify({ error: { code, message: 'why', retryable: false } }),
})

/** Lets frames, storage and messages between tabs come to rest. */
async function rest(browser: FakeBrowser, ...tabs: string[]): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    await settle()
    for (const tab of tabs.length > 0 ? tabs : ['lone']) {
      while (browser.gateway.serve(`socket of ${tab}`)) await settle()
      while (browser.gateway.carry(`socket of ${tab}`)) await settle()
    }
  }
}

const bearer = ({ headers }: HttpRequest): string => (headers.Authorization ?? '').replace('Bearer ', '')

/** A host's backend and the gateway's word on its tokens: `me.3` is the third token of the user `me`. */
class Backend {
  user: string | null = 'me'
  made = 0
  asked = 0
  readonly #ends = new Map<string, number>()
  readonly #browser: FakeBrowser

  constructor(browser: FakeBrowser) {
    this.#browser = browser
    browser.answer = (request) => this.answer(request)
  }

  issue(): string {
    const token = `${this.user ?? 'nobody'}.${String((this.made += 1))}`
    this.#ends.set(token, this.#browser.clock.now() + LIFE_MS)
    return token
  }

  readonly provide = (): Promise<string | null> => {
    this.asked += 1
    return Promise.resolve(this.user === null ? null : this.issue())
  }

  answer(request: HttpRequest): HttpAnswer | undefined {
    const token = bearer(request)
    const expires = this.#ends.get(token)
    if (expires === undefined) return undefined
    if (expires <= this.#browser.clock.now()) return refusal('token_expired')
    if (!request.url.endsWith('/v1/me')) return undefined
    const id = token.split('.')[0]!
    const scopes = { publish: [], read: true, admin: false }
    const about = { id: `jwt:${id}`, user: id, label: 'JWT', scopes, created: expires - LIFE_MS, expires }
    return { status: 200, text: JSON.stringify({ user: { id, name: id }, token: about, feeds: [] }) }
  }
}

/** Signed in by a JWT that somebody pasted, with two messages, of which one was read. */
async function byJwt() {
  const browser = new FakeBrowser()
  const backend = new Backend(browser)
  const tab = browser.openTab('lone')
  await tab.client.signInWithToken(SERVER, backend.issue())
  browser.gateway.publish('user:me', 2)
  await rest(browser)
  await tab.client.account?.markRead(tab.view.current!.rows.slice(1))
  await rest(browser)
  return { browser, backend, ...tab }
}

/** A part of a host's app that brings its tokens. */
async function hosted(patch = {}) {
  const browser = new FakeBrowser()
  const backend = new Backend(browser)
  const tab = browser.openTab('lone', { token: backend.provide, ...patch })
  await rest(browser)
  return { browser, backend, ...tab }
}

describe('another token of the same person on the same server', () => {
  test('keeps rows, reads, what was presented and the registration, and the socket goes on with it', async () => {
    const { browser, backend, client, view } = await byJwt()
    const stored = await browser.storage.load()
    const deleted = () => browser.requests.filter(({ method }) => method === 'DELETE')
    const account = client.account
    const next = backend.issue()
    await client.signInWithToken(SERVER, next)
    await rest(browser)
    expect(client.account).toBe(account)
    expect(view.seqs).toEqual(['user:me 2', 'user:me 1'])
    expect(await browser.storage.load()).toEqual(stored)
    expect(stored.presented).toContain(idOf('user:me', 2))
    expect(deleted()).toEqual([])
    expect(browser.gateway.helloTokens).toEqual(['me.1', next])
    expect(view.state).toMatchObject({ status: 'signedIn', name: 'live' })
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    expect(view.seqs).toEqual(['user:me 3', 'user:me 2', 'user:me 1'])
  })

  test('by a link revokes the token of the link before, and nothing else', async () => {
    const browser = new FakeBrowser()
    const { client } = browser.openTab('lone')
    await client.signInWithLink(LINK)
    await rest(browser)
    await client.signInWithToken(SERVER, 'pasted')
    await rest(browser)
    expect(browser.requests.filter(({ method }) => method === 'DELETE')).toMatchObject([
      { url: `${SERVER}/v1/tokens/minted1` },
    ])
  })

  test('is what the push worker asks with from then on', async () => {
    const { browser, backend, client } = await byJwt()
    expect(browser.push.kept).toMatchObject({ token: 'me.1' })
    await client.signInWithToken(SERVER, backend.issue())
    await rest(browser)
    expect(browser.push.kept).toMatchObject({ token: 'me.2', recipient: 'recipient-of-me' })
  })

  test('leaves it known for whom pushes are, over a lock too', async () => {
    const { browser, backend, client } = await byJwt()
    expect(readSession(browser.keyValue)?.recipient).toBe('recipient-of-me')
    const next = backend.issue()
    await client.signInWithToken(SERVER, next)
    expect(readSession(browser.keyValue)).toMatchObject({ token: next, recipient: 'recipient-of-me' })
    await rest(browser)
    browser.gateway.cut('socket of lone', EXPIRED)
    await rest(browser)
    expect(readLocked(browser.keyValue)).toMatchObject({ recipient: 'recipient-of-me' })
  })

  test('is not ended by the answer to a request that left with the one before', async () => {
    const { browser, backend, client, view } = await byJwt()
    let answer: (given: HttpAnswer) => void = () => undefined
    const slow = new Promise<HttpAnswer>((resolve) => (answer = resolve))
    browser.slow = (request) => (bearer(request) === 'me.1' ? slow : undefined)
    const late = client.account?.listTopics()
    await client.signInWithToken(SERVER, backend.issue())
    answer(refusal('token_expired'))
    await expect(late).rejects.toMatchObject({ code: 'token_expired' })
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedIn', name: 'live' })
  })

  test('in one tab is the token of all', async () => {
    const browser = new FakeBrowser()
    const backend = new Backend(browser)
    const a = browser.openTab('a')
    await a.client.signInWithToken(SERVER, backend.issue())
    await rest(browser, 'a')
    const b = browser.openTab('b', { visible: false })
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    await b.client.signInWithToken(SERVER, backend.issue())
    await rest(browser, 'a', 'b')
    expect(browser.gateway.helloTokens).toEqual(['me.1', 'me.2'])
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    expect(a.view.seqs).toEqual(['user:me 2', 'user:me 1'])
    expect(b.view.seqs).toEqual(a.view.seqs)
  })
})

test('two sign-ins at one time end as the later one, with nothing of the other', async () => {
  const { browser, backend, client, view } = await byJwt()
  backend.user = 'ann'
  const ann = client.signInWithToken(SERVER, backend.issue())
  backend.user = 'bob'
  const bob = client.signInWithToken(SERVER, backend.issue())
  await Promise.all([ann, bob])
  for (let round = 0; round < 8; round += 1) await settle()
  expect(view.state).toMatchObject({ status: 'signedIn', user: { id: 'bob' } })
  expect(client.account?.session.user.id).toBe('bob')
  expect(readSession(browser.keyValue)?.user.id).toBe('bob')
})

describe('an expired token without a host', () => {
  test('locks the inbox: nothing is seen and nothing is lost', async () => {
    const { browser, client, view } = await byJwt()
    const stored = await browser.storage.load()
    browser.gateway.cut('socket of lone', EXPIRED)
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedOut', user: null, endedBecause: 'token_expired' })
    expect(view.state.kept).toEqual({ id: 'me', name: 'me' })
    expect(view.current).toBeNull()
    expect(client.account).toBeNull()
    expect(await browser.storage.load()).toEqual(stored)
    expect(browser.push.kept).not.toBeNull()
    const saved = browser.keyValue.keys().map((key) => browser.keyValue.get(key))
    expect(JSON.stringify(saved)).not.toContain('me.1')
  })

  test('stays locked over a restart, and opens for the same person with reads that were made offline', async () => {
    const { browser, backend, client, view } = await byJwt()
    browser.gateway.lose('socket of lone')
    await client.account?.markAllRead(null)
    browser.answer = () => refusal('token_expired')
    await client.account?.refresh().catch(() => undefined)
    await rest(browser)
    expect(view.state.status).toBe('signedOut')
    browser.answer = (request) => backend.answer(request)

    const again = browser.openTab('lone')
    await rest(browser)
    expect(again.view.state).toMatchObject({ status: 'signedOut', endedBecause: 'token_expired' })
    expect(again.view.current).toBeNull()
    await again.client.signInWithToken(SERVER, backend.issue())
    await rest(browser)
    expect(again.view.seqs).toEqual(['user:me 2', 'user:me 1'])
    expect(unreadTotal(again.view.current!)).toBe(0)
    expect(browser.gateway.stateOf('user:me').unread).toBe(0)
    expect(again.view.banners.filter((banner) => banner !== null)).toEqual([])
  })

  test.each([
    ['another person', SERVER, 'other'],
    ['the same name on another server', 'https://elsewhere', 'me'],
  ])('opens for nobody else: %s finds nothing', async (_, server, user) => {
    const { browser, backend, client, view } = await byJwt()
    browser.gateway.cut('socket of lone', EXPIRED)
    await rest(browser)
    backend.user = user
    await client.signInWithToken(server, backend.issue())
    expect((await browser.storage.load()).rows).toEqual([])
    expect(view.seqs).toEqual([])
  })

  test('that the gateway has forgotten by now is an expired one', async () => {
    const { browser, view } = await byJwt()
    browser.clock.freeze(LIFE_MS)
    browser.gateway.cut('socket of lone', UNKNOWN)
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedOut', endedBecause: 'token_expired' })
    expect((await browser.storage.load()).rows).toHaveLength(2)
  })

  test('keeps nothing of who then signs out', async () => {
    const { browser, client, view } = await byJwt()
    browser.gateway.cut('socket of lone', EXPIRED)
    await rest(browser)
    await client.signOut()
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedOut', endedBecause: null, kept: null })
    expect((await browser.storage.load()).rows).toEqual([])
    expect(browser.push.kept).toBeNull()
  })

  test('locks every tab, and none of them wipes', async () => {
    const browser = new FakeBrowser()
    const backend = new Backend(browser)
    const a = browser.openTab('a')
    await a.client.signInWithToken(SERVER, backend.issue())
    await rest(browser, 'a')
    const b = browser.openTab('b', { visible: false })
    browser.gateway.publish('user:me', 1)
    await rest(browser, 'a', 'b')
    browser.gateway.cut('socket of a', EXPIRED)
    await rest(browser, 'a', 'b')
    expect([a.view.state.status, b.view.state.status]).toEqual(['signedOut', 'signedOut'])
    expect((await browser.storage.load()).rows).toHaveLength(1)
  })
})

test('a token that the gateway does not know keeps what is there: a restored gateway knows less', async () => {
  const { browser, view } = await byJwt()
  browser.gateway.cut('socket of lone', UNKNOWN)
  await rest(browser)
  expect(view.state).toMatchObject({ status: 'signedOut', endedBecause: 'token_invalid', kept: { id: 'me' } })
  expect((await browser.storage.load()).rows).toHaveLength(2)
})

test.each([
  ['token_revoked', REVOKED],
  ['user_disabled', DISABLED],
])('%s is meant, and keeps nothing', async (code, close) => {
  const { browser, view } = await byJwt()
  browser.gateway.cut('socket of lone', close)
  await rest(browser)
  expect(view.state).toMatchObject({ status: 'signedOut', endedBecause: code, kept: null })
  expect((await browser.storage.load()).rows).toEqual([])
  expect(browser.push.kept).toBeNull()
})

describe('a host that brings tokens', () => {
  test('is asked at the start, and the person is signed in', async () => {
    const { backend, view } = await hosted()
    expect(backend.asked).toBe(1)
    expect(view.state).toMatchObject({ status: 'signedIn', user: { id: 'me' }, name: 'live' })
  })

  test('is asked before each token ends: nothing missed, nothing doubled, and the list is never empty', async () => {
    const { browser, backend, view } = await hosted()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    const lengths: number[] = []
    for (let second = 0; second < 40; second += 1) {
      browser.clock.advance(1_000)
      browser.gateway.publish('user:me', 1)
      await rest(browser)
      lengths.push(view.seqs.length)
      expect(view.state).toMatchObject({ status: 'signedIn', name: 'live' })
    }
    expect(lengths).toEqual(Array.from({ length: 40 }, (_, index) => index + 2))
    expect(new Set(view.seqs).size).toBe(41)
    expect(backend.asked).toBeGreaterThanOrEqual(5)
    expect(backend.asked).toBeLessThanOrEqual(7)
    expect(browser.requests.filter(({ method }) => method === 'DELETE')).toEqual([])
  })

  test.each([
    ['by the socket', 'close'],
    ['by an answer', 'answer'],
  ])('is asked when a token ended in the meantime, told %s, and the list stays', async (_, how) => {
    const { browser, backend, client, view } = await hosted()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    browser.clock.setWallClock(-60_000)
    browser.clock.freeze(1)
    const asked = backend.asked
    if (how === 'close') browser.gateway.cut('socket of lone', EXPIRED)
    else {
      browser.answer = (request) =>
        bearer(request) === 'me.1' ? refusal('token_expired') : backend.answer(request)
      await client.account?.listTopics().catch(() => undefined)
    }
    expect(view.seqs).toEqual(['user:me 1'])
    await rest(browser)
    expect(backend.asked).toBe(asked + 1)
    expect(view.state).toMatchObject({ status: 'signedIn', name: 'live' })
    expect(view.seqs).toEqual(['user:me 1'])
  })

  test('is asked again, slower and slower, while it fails, gives what was refused, or nobody answers', async () => {
    const { browser, backend, view } = await hosted()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    const provide = backend.provide.bind(backend)
    const answers: (() => Promise<string | null>)[] = [
      () => Promise.reject(new Error('no backend')),
      () => Promise.resolve('me.1'),
      () => new Promise(() => undefined),
      provide,
    ]
    const asked: number[] = []
    const again = browser.openTab('lone', {
      token: () => {
        asked.push(browser.clock.now())
        return (answers.shift() ?? provide)()
      },
    })
    await rest(browser)
    browser.gateway.cut('socket of lone', EXPIRED)
    for (let second = 0; second < 60; second += 1) {
      browser.clock.advance(1_000)
      await rest(browser)
      expect(again.view.seqs).toEqual(['user:me 1'])
    }
    expect(answers).toEqual([])
    expect(again.view.state).toMatchObject({ status: 'signedIn', name: 'live' })
    expect(asked[3]! - asked[2]!).toBeGreaterThanOrEqual(SUPPLY_TIMEOUT_MS)
    expect(view.state.status).toBe('signedIn')
  })

  test('keeps the list when the app starts without a network', async () => {
    const { browser } = await hosted()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    browser.answer = () => null
    const { view } = browser.openTab('lone', { token: () => Promise.reject(new Error('offline')) })
    await rest(browser)
    expect(view.state.status).toBe('signedIn')
    expect(view.seqs).toEqual(['user:me 1'])
  })

  test('that has nobody any more signs out, and nothing stays', async () => {
    const { browser, backend, view } = await hosted()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    backend.user = null
    browser.clock.advance(LIFE_MS)
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedOut', endedBecause: null })
    expect((await browser.storage.load()).rows).toEqual([])
    expect(readSession(browser.keyValue)).toBeNull()
  })

  test('that has somebody else now shows nothing of the one before', async () => {
    const { browser, backend, view } = await hosted()
    browser.gateway.publish('user:me', 1)
    await rest(browser)
    backend.user = 'other'
    browser.clock.advance(LIFE_MS - 1)
    // The model has one user's feeds: the new socket brings nothing here.
    for (let round = 0; round < 8; round += 1) await settle()
    expect(view.state).toMatchObject({ status: 'signedIn', user: { id: 'other' } })
    expect((await browser.storage.load()).rows).toEqual([])
  })

  test('is not asked by a tab whose person signed out in another', async () => {
    const browser = new FakeBrowser()
    const backend = new Backend(browser)
    const a = browser.openTab('a', { token: backend.provide })
    await rest(browser, 'a')
    const b = browser.openTab('b', { token: backend.provide, visible: false })
    await rest(browser, 'a', 'b')
    await a.client.signOut()
    await rest(browser, 'a', 'b')
    const asked = backend.asked
    browser.clock.advance(LIFE_MS * 3)
    await rest(browser, 'a', 'b')
    expect([a.view.state.status, b.view.state.status]).toEqual(['signedOut', 'signedOut'])
    expect(backend.asked).toBe(asked)
  })

  test('is waited for before anybody is asked to sign in', async () => {
    const browser = new FakeBrowser()
    let give: (token: string | null) => void = () => undefined
    const { view } = browser.openTab('lone', { token: () => new Promise((resolve) => (give = resolve)) })
    await rest(browser)
    expect(view.state.status).not.toBe('signedOut')
    give(null)
    await rest(browser)
    expect(view.state.status).toBe('signedOut')
  })

  test('that has just failed is not hurried by requests that are refused', async () => {
    const { browser, client } = await hosted()
    let asked = 0
    const again = browser.openTab('lone', {
      token: () => {
        asked += 1
        return Promise.reject(new Error('no backend'))
      },
    })
    await rest(browser)
    await client.signOut().catch(() => undefined)
    asked = 0
    browser.answer = () => refusal('token_expired')
    for (let tries = 0; tries < 20; tries += 1) {
      await again.client.account?.listTopics().catch(() => undefined)
      await settle()
    }
    expect(asked).toBe(0)
  })

  test('is asked no more after a sign-out, and what it says late counts for nothing', async () => {
    const { browser, backend, client, view } = await hosted()
    let give: (token: string) => void = () => undefined
    const asked = backend.asked
    const late = browser.openTab('lone', { token: () => new Promise((resolve) => (give = resolve)) })
    await rest(browser)
    await late.client.signOut()
    give(backend.issue())
    await client.signOut()
    browser.clock.advance(LIFE_MS * 3)
    await rest(browser)
    expect(late.view.state.status).toBe('signedOut')
    expect(view.state.status).toBe('signedOut')
    expect(backend.asked).toBe(asked)
  })
})
