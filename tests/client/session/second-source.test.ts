import { describe, expect, test } from 'vitest'
import { unreadTotal } from '@/services/inbox/message-list'
import { SETTLE_MS } from '@/services/presentation/alert-hold'
import { Account } from '@/services/session/account'
import type { ClientPorts, OpenAccount } from '@/services/session/client-ports'
import type { OpenSource } from '@/services/sources/source'
import { chatFeed, ChatServer, ChatSource, FIRST_SEQ, type Numberings } from '../sources/chat-source'
import { FakeBrowser } from './fake-client'

const LINK = 'https://gateway/#/pages/sign-in/sign-in?code=abcdefghij'

/** A browser whose account has its messages from a server of chats, and not from the gateway's socket. */
class ChatBrowser extends FakeBrowser {
  readonly server = new ChatServer()
  /** What the source keeps on this device. */
  readonly numberings: Numberings = new Map()

  readonly #sources = new Map<string, ChatSource>()

  open(id: string, patch: Partial<ClientPorts> = {}) {
    const openAccount: OpenAccount = (ports, session) => {
      const openSource: OpenSource = (_credentials, host, appState) => {
        const source = new ChatSource(this.server, this.numberings, host, appState)
        this.#sources.set(id, source)
        return source
      }
      return new Account({ ...ports, openSource }, session)
    }
    return this.openTab(id, { loadAccount: () => Promise.resolve(openAccount), ...patch })
  }

  override killTab(id: string): void {
    super.killTab(id)
    const source = this.#sources.get(id)
    if (source) this.server.lose(source)
  }

  /** Lets storage come to rest, and alerts that wait for it. */
  async restAndSettle(...tabs: string[]): Promise<void> {
    await this.rest(...tabs)
    this.clock.advance(SETTLE_MS)
    await this.rest(...tabs)
  }
}

async function signedIn(patch: Partial<ClientPorts> = {}) {
  const browser = new ChatBrowser()
  browser.server.say('tea', 'hello')
  browser.server.say('tea', 'anybody here?')
  const tab = browser.open('lone', patch)
  await tab.client.signInWithLink(LINK)
  await browser.restAndSettle('lone')
  return { browser, ...tab }
}

type Tab = ReturnType<ChatBrowser['open']>
const bodies = ({ view }: Pick<Tab, 'view'>): string[] =>
  (view.current?.rows ?? []).map(({ title, body }) => `${title ?? ''}: ${body}`)
const unread = ({ view }: Pick<Tab, 'view'>): number => (view.current ? unreadTotal(view.current) : 0)
const alerts = ({ view }: Pick<Tab, 'view'>): string[] =>
  view.banners.flatMap((alert) => {
    if (alert === null) return []
    return alert.kind === 'message' ? [alert.message.body] : [`${String(alert.count)} messages`]
  })

describe('a source whose server has names for messages and no numbers', () => {
  test('fills the list and the count, and what was there before the sign-in raises no alert', async () => {
    const { browser, view } = await signedIn()
    expect(view.state).toMatchObject({ name: 'live', leader: true })
    expect(bodies({ view })).toEqual(['ann: anybody here?', 'ann: hello'])
    expect(view.seqs).toEqual([1, 0].map((at) => `${chatFeed('tea')} ${String(FIRST_SEQ + at)}`))
    expect([unread({ view }), alerts({ view }), browser.system.notified]).toEqual([2, [], 0])
  })

  test('is a banner in the app that is looked at, and is acked when it is stored', async () => {
    const { browser, view } = await signedIn()
    const id = browser.server.say('tea', 'news')
    await browser.restAndSettle('lone')
    expect([alerts({ view }), unread({ view })]).toEqual([['news'], 3])
    expect(browser.server.acked.at(-1)).toBe(`uuid-of-${id}`)
    expect((await browser.storage.load()).rows).toHaveLength(3)
  })

  test('is a system notification when nobody looks, and that goes when it is read on another device', async () => {
    const { browser, client, view } = await signedIn()
    client.setVisible(false)
    await browser.restAndSettle('lone')
    const id = browser.server.say('tea', 'news')
    await browser.restAndSettle('lone')
    expect([...browser.system.shown.keys()]).toEqual([`uuid-of-${id}`])
    browser.server.mark('tea', id)
    await browser.restAndSettle('lone')
    expect([[...browser.system.shown.keys()], unread({ view }), alerts({ view })]).toEqual([[], 0, []])
  })

  test('is told by one marker what was read here', async () => {
    const { browser, client, view } = await signedIn()
    const id = browser.server.say('tea', 'news')
    await browser.restAndSettle('lone')
    await client.account?.markAllRead(chatFeed('tea'))
    await browser.rest('lone')
    expect([browser.server.rooms.get('tea')?.marker, unread({ view })]).toEqual([id, 0])
  })

  test('goes on after a restart where it was: what came meanwhile alerts once, and nothing else', async () => {
    const { browser, client } = await signedIn()
    client.account?.stop('keep')
    await browser.rest('lone')
    browser.server.say('tea', 'news')
    const second = browser.open('lone')
    await browser.restAndSettle('lone')
    expect(bodies(second)).toEqual(['ann: news', 'ann: anybody here?', 'ann: hello'])
    expect([alerts(second), unread(second)]).toEqual([['news'], 3])
  })

  test('names what its archive has dropped, and what comes after that is there', async () => {
    const { browser, client } = await signedIn()
    client.account?.stop('keep')
    await browser.rest('lone')
    for (const body of ['lost', 'lost too', 'kept']) browser.server.say('tea', body)
    browser.server.trim('tea', 1)
    const second = browser.open('lone')
    await browser.restAndSettle('lone')
    expect(second.view.current?.feeds[chatFeed('tea')]).toMatchObject({
      from: FIRST_SEQ + 3,
      cursor: FIRST_SEQ + 3,
    })
    expect([bodies(second), unread(second)]).toEqual([['ann: kept'], 1])
  })

  test('brings a room that is new, and takes one away that was left, and no other', async () => {
    const { browser, view } = await signedIn()
    browser.server.say('coffee', 'first')
    await browser.restAndSettle('lone')
    expect(alerts({ view })).toEqual(['first'])
    browser.server.leave('tea')
    await browser.restAndSettle('lone')
    expect([bodies({ view }), unread({ view })]).toEqual([['ann: first'], 1])
    expect(Object.keys(view.current?.feeds ?? {})).toEqual([chatFeed('coffee')])
  })

  test('is one for all tabs: they show the same, one alerts, and the next leads when that one dies', async () => {
    const browser = new ChatBrowser()
    const a = browser.open('a')
    await a.client.signInWithLink(LINK)
    await browser.restAndSettle('a')
    const b = browser.open('b', { visible: false })
    await browser.restAndSettle('a', 'b')
    browser.server.say('tea', 'one')
    await browser.restAndSettle('a', 'b')
    expect([bodies(a), bodies(b)]).toEqual([['ann: one'], ['ann: one']])
    expect([alerts(a), alerts(b), browser.system.notified]).toEqual([['one'], [], 0])
    browser.killTab('a')
    b.client.setVisible(true)
    await browser.restAndSettle('b')
    browser.server.say('tea', 'two')
    await browser.restAndSettle('b')
    expect([bodies(b), alerts(b), unread(b)]).toEqual([['ann: two', 'ann: one'], ['two'], 2])
  })

  test('that is refused says so in the words that the app has for it, and the session waits for its person', async () => {
    const { browser, client, view } = await signedIn()
    browser.server.refusal = 'token_expired'
    client.setVisible(false)
    client.account?.tab.renew()
    await browser.restAndSettle('lone')
    expect(view.state).toMatchObject({
      status: 'signedOut',
      endedBecause: 'token_expired',
      kept: { id: 'me' },
    })
  })
})
