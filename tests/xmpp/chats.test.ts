import { DOMAIN, type ChatAddress } from '@herald/engines/chat-server'
import { expect, it, onTestFinished } from 'vitest'
import { GatewayApi } from '../../services/api/gateway-api'
import { systemClock } from '../../services/clock'
import type { ChatsView } from '../../services/inbox/chats-view'
import { LiveInbox } from '../../services/inbox/live-inbox'
import { PresentedLedger } from '../../services/presented/presented-ledger'
import { Chats } from '../../services/session/chats'
import type { Source, SourceHost } from '../../services/sources/source'
import { proveAccount } from '../../services/sources/xmpp/prove-account'
import { MemoryKeyValue } from '../../services/storage/key-value'
import { MemoryStorage } from '../../services/storage/memory'
import { TabLink } from '../../services/tabs/tab-link'
import { loneTab, type TabEnvelope } from '../../services/tabs/tabs'
import { openWithWs } from '../gateway/process/core-client'
import { until } from '../gateway/process/until'
import { describeOnBoth, newAccount, type Account } from './both-servers'
import { ChatPhone } from './chat-phone'

/** The browser of a person, with tabs; its gateway is away. */
class Browser {
  readonly keyValue = new MemoryKeyValue()
  readonly storage = new MemoryStorage()
  /** Feeds that the gateway was told to have been read. */
  readonly readAtGateway: string[] = []
  readonly #tabs: ((envelope: TabEnvelope) => void)[] = []

  openTab(id: string): { chats: Chats; view: () => ChatsView | null } {
    const link = new TabLink(this.#tab(id), true, 0)
    const sendRequest = () => Promise.reject(new Error('off line'))
    const ports = { clock: systemClock, random: Math.random, log: () => undefined, link, sendRequest }
    const device = () => ({ id: `device-of-${id}`, platform: 'h5' }) as const
    const platform = {
      ...{ keyValue: this.keyValue, openSocket: openWithWs },
      load: () => import('../../services/session/chat-code'),
    }
    const api = new GatewayApi(sendRequest, 'https://gateway', () => 'token')
    const chats = new Chats({ ...ports, device }, platform, api)
    let view: ChatsView | null = null
    chats.watch((next) => (view = next))
    return { chats, view: () => view }
  }

  /** Has a tab lead, and answers its source with the host that it fills. */
  async lead(chats: Chats): Promise<{ source: Source; host: SourceHost }> {
    const inbox = new LiveInbox({
      ...{ storage: this.storage, clock: systemClock, ledger: new PresentedLedger() },
      settling: () => null,
      present: () => Promise.resolve(),
      shown: () => Promise.resolve(),
      onPresented: () => undefined,
      onInbox: () => undefined,
      onStorageFailed: () => undefined,
    })
    await inbox.load()
    const host: SourceHost = {
      feeds: () => inbox.inbox.feeds,
      rows: (feed) => inbox.inbox.rows.filter((row) => row.feed === feed),
      deliver: (change, arrival) => inbox.deliver(change, arrival),
      pushed: () => Promise.resolve(),
      connection: () => undefined,
    }
    const source = chats.beside(this.#gateway(), host, 'foreground')
    source.start()
    onTestFinished(() => {
      source.stop()
      inbox.close()
    })
    return { source, host }
  }

  #tab(id: string) {
    const others = () => this.#tabs
    let own: ((envelope: TabEnvelope) => void) | undefined
    const channel = {
      post: (envelope: TabEnvelope) => {
        for (const hear of others()) if (hear !== own) hear(structuredClone(envelope))
      },
      listen: (hear: (envelope: TabEnvelope) => void) => {
        own = hear
        this.#tabs.push(hear)
      },
    }
    return { ...loneTab(), id, channel }
  }

  #gateway(): Source {
    const nothing = () => undefined
    return {
      ...{ start: nothing, renew: nothing, stop: nothing, suspend: nothing },
      ...{ setAppState: nothing, setNetwork: nothing },
      sendRead: (feed) => {
        this.readAtGateway.push(feed)
      },
    }
  }
}

const signIn = ({ jid, password }: Account, { websocketUrl }: ChatAddress) =>
  ({ do: 'signIn', jid, password, url: websocketUrl }) as const

const isLive = (view: () => ChatsView | null): Promise<unknown> =>
  until(view, (now) => now?.connection === 'live', 'a session', 30_000)

describeOnBoth('a chat account beside the gateway', (server) => {
  it('is signed in, written by and left from a tab that does not lead', async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const bobs = await ChatPhone.start(server, bob)
    const browser = new Browser()
    const [first, second] = [browser.openTab('first'), browser.openTab('second')]
    const { source, host } = await browser.lead(first.chats)
    await second.chats.ask(signIn(ann, server))
    await isLive(second.view)
    const { feed = '' } = await second.chats.ask({ do: 'begin', peer: bob.jid.toUpperCase() })
    await second.chats.ask({ do: 'send', feed, body: 'are you there?' })
    await bobs.shows(ann.jid, '< are you there?')
    bobs.say(ann.jid, 'yes')
    await until(
      () => host.rows(feed),
      (rows) => rows[0]?.body === 'yes',
      'the answer',
    )
    await until(second.view, (view) => (view?.conversations[feed]?.delivered ?? 0) > 0, 'delivered')
    expect(second.view()).toMatchObject({ jid: ann.jid, refusal: null, unsent: [] })
    source.sendRead(feed, '', [])
    source.sendRead('topic:tea', '', [])
    expect(browser.readAtGateway).toEqual(['topic:tea'])
    expect(JSON.stringify(browser.keyValue.get('chat'))).not.toContain(ann.password)
    expect((await second.chats.ask({ do: 'older', feed })).page).toMatchObject({ feed, messages: [] })
    await second.chats.ask({ do: 'signOut' })
    expect([Object.keys(host.feeds()), browser.keyValue.get('chat')]).toEqual([[], undefined])
    expect([first.view(), second.view()]).toEqual([null, null])
  })

  it('comes back by its keys in the tab that leads next, and needs no password', async () => {
    const ann = await newAccount(server, 'ann')
    const browser = new Browser()
    const first = browser.openTab('first')
    const { source } = await browser.lead(first.chats)
    await first.chats.ask(signIn(ann, server))
    source.stop()
    const second = browser.openTab('second')
    await browser.lead(second.chats)
    await isLive(second.view)
    second.chats.stop('drop')
    await until(
      () => browser.keyValue.get('chat'),
      (saved) => saved === undefined,
      'nothing is kept',
    )
  })

  it('is proven by its server without a session that stays', async () => {
    const ann = await newAccount(server, 'ann')
    const session = { open: openWithWs, clock: systemClock, random: Math.random, log: () => undefined }
    const get = () => Promise.reject(new Error('off line'))
    const ports = { ...session, resource: 'herald-proof', get }
    const { do: _, ...credentials } = signIn(ann, server)
    await expect(proveAccount(ports, credentials)).resolves.toMatchObject({ jid: ann.jid })
    await expect(proveAccount(ports, { ...credentials, password: 'wrong' })).rejects.toMatchObject({
      code: 'not_authorized',
    })
    await expect(proveAccount(ports, { ...credentials, url: 'ws://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'unreachable',
    })
  })

  it('that is refused says why, and nothing of it stays', async () => {
    const ann = await newAccount(server, 'ann')
    const browser = new Browser()
    const { chats, view } = browser.openTab('first')
    await browser.lead(chats)
    const refused = chats.ask({ ...signIn(ann, server), password: 'wrong' })
    await expect(refused).rejects.toMatchObject({ code: 'not_authorized' })
    await expect(chats.ask({ ...signIn(ann, server), jid: DOMAIN })).rejects.toMatchObject({
      code: 'bad_address',
    })
    await expect(chats.ask({ ...signIn(ann, server), url: '' })).rejects.toMatchObject({
      code: 'no_server',
    })
    expect([view(), browser.keyValue.get('chat')]).toEqual([null, undefined])
  })
})
