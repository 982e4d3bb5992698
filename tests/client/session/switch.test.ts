import { describe, expect, test } from 'vitest'
import type { HttpAnswer } from '@/services/api/http'
import type { AskSwitch, Owner } from '@/services/session/sign-in'
import { lockSession, readSession } from '@/services/session/session-record'
import { SignInError } from '@/services/session/sign-in-error'
import { settle } from '../fake-clock'
import { FakeBrowser } from './fake-client'

const link = (server = 'https://gateway'): string => `${server}/#/pages/sign-in/sign-in?code=abcdefghij`

const refusal = (status: number, code: string): HttpAnswer => ({
  status,
  text: JSON.stringify({ error: { code, message: 'why', retryable: false } }),
})

/** What a gateway says to a link of somebody else. */
function linkOf(browser: FakeBrowser, id: string, name: string): void {
  const user = { id, name }
  browser.answer = ({ url, method, headers }) => {
    if (method === 'POST' && url.endsWith('/peek'))
      return { status: 200, text: JSON.stringify({ user, expires: 1 }) }
    if (!url.endsWith('/v1/sign-in') && headers.Authorization !== 'Bearer of-another') return undefined
    const scopes = { publish: [], read: true, admin: false }
    const info = { id: 't9', user: id, label: '', scopes, created: 1, expires: null }
    if (url.endsWith('/v1/me')) return { status: 200, text: JSON.stringify({ user, token: info, feeds: [] }) }
    return { status: 201, text: JSON.stringify({ token: 'of-another', info, user, feeds: [] }) }
  }
}

/** Answers a question, and keeps what was asked. */
function asking(answer: boolean): { ask: AskSwitch; asked: [Owner, Owner][] } {
  const asked: [Owner, Owner][] = []
  return {
    asked,
    ask: (now, next) => {
      asked.push([now, next])
      return Promise.resolve(answer)
    },
  }
}

async function signedIn() {
  const browser = new FakeBrowser()
  const tab = browser.openTab('lone')
  await tab.client.signInWithLink(link())
  browser.gateway.publish('user:me', 2)
  await browser.rest('lone')
  return { browser, ...tab }
}

const postsOf = (browser: FakeBrowser): string[] =>
  browser.requests.filter(({ method }) => method === 'POST').map(({ url }) => url)

describe('a link of somebody else', () => {
  test.each([
    ['on this gateway', 'https://gateway'],
    ['on another one', 'https://elsewhere'],
  ])(
    '%s asks with both names and servers, and a no changes nothing and uses nothing up',
    async (_, server) => {
      const { browser, client, view } = await signedIn()
      const { ask, asked } = asking(false)
      linkOf(browser, 'mallory', 'Mallory')
      browser.requests.length = 0
      expect(await client.signInWithLink(link(server), ask)).toBe(false)
      await browser.rest('lone')
      expect(asked).toMatchObject([
        [
          { server: 'https://gateway', user: { id: 'me' } },
          { server, user: { id: 'mallory', name: 'Mallory' } },
        ],
      ])
      expect(postsOf(browser)).toEqual([`${server}/v1/sign-in/peek`])
      expect(browser.requests.map(({ method }) => method)).not.toContain('DELETE')
      expect(view.state).toMatchObject({ status: 'signedIn', user: { id: 'me' } })
      expect(view.seqs).toEqual(['user:me 2', 'user:me 1'])
    },
  )

  test('signs in after a yes, with nothing of the one before', async () => {
    const { browser, client, view } = await signedIn()
    linkOf(browser, 'ann', 'Ann')
    expect(await client.signInWithLink(link(), asking(true).ask)).toBe(true)
    for (let round = 0; round < 8; round += 1) await settle()
    expect(view.state).toMatchObject({ status: 'signedIn', user: { id: 'ann' } })
    expect((await browser.storage.load()).rows).toEqual([])
  })

  test('is not taken where nobody can be asked', async () => {
    const { browser, client, view } = await signedIn()
    linkOf(browser, 'mallory', 'Mallory')
    expect(await client.signInWithLink(link())).toBe(false)
    expect(view.state).toMatchObject({ user: { id: 'me' } })
  })

  test('asks for the messages of a person whose token has ended, too', async () => {
    const { browser, client } = await signedIn()
    browser.gateway.cut('socket of lone', 4511)
    await browser.rest('lone')
    linkOf(browser, 'mallory', 'Mallory')
    const { ask, asked } = asking(false)
    expect(await client.signInWithLink(link(), ask)).toBe(false)
    expect(asked).toHaveLength(1)
    expect((await browser.storage.load()).rows).toHaveLength(2)
  })

  test('asks again when another person has signed in during the question', async () => {
    const { browser, client } = await signedIn()
    linkOf(browser, 'mallory', 'Mallory')
    const now: string[] = []
    const ask: AskSwitch = async ({ user }) => {
      now.push(user.id)
      if (now.length > 1) return false
      linkOf(browser, 'ann', 'Ann')
      await client.signInWithLink(link(), asking(true).ask)
      linkOf(browser, 'mallory', 'Mallory')
      return true
    }
    expect(await client.signInWithLink(link(), ask)).toBe(false)
    expect(now).toEqual(['me', 'ann'])
  })

  test('that was used already changes nothing, and says so', async () => {
    const { browser, client, view } = await signedIn()
    browser.answer = () => refusal(401, 'sign_in_code_invalid')
    const failed: unknown = await client
      .signInWithLink(link(), asking(true).ask)
      .catch((error: unknown) => error)
    expect(failed).toEqual(new SignInError('sign_in_code_invalid'))
    expect(view.state).toMatchObject({ status: 'signedIn', user: { id: 'me' } })
  })
})

test('one’s own link asks nothing, and neither does any where nobody is signed in', async () => {
  const { browser, client } = await signedIn()
  const { ask, asked } = asking(false)
  expect(await client.signInWithLink(link(), ask)).toBe(true)
  await client.signOut()
  await browser.rest('lone')
  browser.requests.length = 0
  expect(await client.signInWithLink(link(), ask)).toBe(true)
  expect(asked).toEqual([])
  expect(postsOf(browser)).toEqual(['https://gateway/v1/sign-in'])
})

test.each([
  [200, 'admin_token'],
  [403, 'read_forbidden'],
])(
  'a token that reads nothing is told what it is: %i of the gateway’s status is %s',
  async (status, code) => {
    const browser = new FakeBrowser()
    const { client } = browser.openTab('lone')
    browser.answer = ({ url }) => {
      if (url.endsWith('/v1/me')) return refusal(403, 'read_forbidden')
      return status === 200 ? { status, text: '{"providers": []}' } : refusal(status, 'admin_required')
    }
    const failed: unknown = await client
      .signInWithToken('https://gateway', 'tok')
      .catch((error: unknown) => error)
    expect(failed).toEqual(new SignInError(code as 'admin_token'))
  },
)

describe('a token of somebody else that is pasted', () => {
  test('asks with both names over who is signed in, and a no changes nothing', async () => {
    const { browser, client, view } = await signedIn()
    linkOf(browser, 'mallory', 'Mallory')
    const no = asking(false)
    expect(await client.signInWithToken('https://gateway', 'of-another', no.ask)).toBe(false)
    await browser.rest('lone')
    expect(no.asked).toMatchObject([
      [
        { server: 'https://gateway', user: { id: 'me' } },
        { server: 'https://gateway', user: { id: 'mallory', name: 'Mallory' } },
      ],
    ])
    expect(view.state).toMatchObject({ status: 'signedIn', user: { id: 'me' } })
    expect(view.seqs).toEqual(['user:me 2', 'user:me 1'])
    expect(await client.signInWithToken('https://gateway', 'of-another', asking(true).ask)).toBe(true)
    expect(view.state).toMatchObject({ user: { id: 'mallory' } })
  })

  test('asks over the messages that wait for a person whose token has ended, and keeps them after a no', async () => {
    const { browser, client } = await signedIn()
    const session = readSession(browser.keyValue)
    if (session) lockSession(browser.keyValue, session, 'token_expired')
    client.sessionStored()
    await browser.rest('lone')
    linkOf(browser, 'mallory', 'Mallory')
    const no = asking(false)
    expect(await client.signInWithToken('https://gateway', 'of-another', no.ask)).toBe(false)
    expect(no.asked).toMatchObject([[{ user: { id: 'me' } }, { user: { id: 'mallory' } }]])
    expect((await browser.storage.load()).rows).toHaveLength(2)
  })

  test('asks nothing of the same person', async () => {
    const { browser, client, view } = await signedIn()
    const no = asking(false)
    expect(await client.signInWithToken('https://gateway', 'tok', no.ask)).toBe(true)
    await browser.rest('lone')
    expect(no.asked).toEqual([])
    expect(view.seqs).toEqual(['user:me 2', 'user:me 1'])
  })
})
