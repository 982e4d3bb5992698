import { describe, expect, test } from 'vitest'
import { ChatError, type ChatCredentials, type ChatDeed } from '@/services/inbox/chats-view'
import { Chats, type ChatPart } from '@/services/session/chats'
import type { Source, SourceHost } from '@/services/sources/source'
import { message } from '../messages'
import { FakeBrowser } from './fake-client'

const ANN: ChatCredentials = { jid: 'ann@example.org', password: 'secret', url: '' }
const FEED = 'chat:bob'

type ChatCode = Awaited<ReturnType<ChatPart['load']>>

/** A chat server as the session knows one: it lets Ann in by her password. `host` is what her account fills. */
class ChatDouble {
  host: SourceHost | null = null
  readonly left: string[] = []
  /** What the account's own sign-in answers. */
  second: ChatError | null = null
  /** Whether the code of chats can be fetched. */
  isThere = true
  /** Whether the account that signs in was not here before. */
  isNew = false

  readonly part: ChatPart = {
    open: (platform) => (ports, api) => new Chats(ports, { ...platform, load: this.part.load }, api),
    load: () => (this.isThere ? Promise.resolve(this.#code()) : Promise.reject(new Error('off line'))),
  }

  #code(): ChatCode {
    const open = (_ports: unknown, _credentials: unknown, host: SourceHost) => {
      this.host = host
      return Promise.resolve(this.#account())
    }
    const restore = (_ports: unknown, host: SourceHost) => {
      this.host = host
      return this.#account()
    }
    const proveAccount = ({ password }: { password: string }) =>
      password === 'secret'
        ? Promise.resolve({ jid: ANN.jid, key: 'keyofann' })
        : Promise.reject(new ChatError('not_authorized'))
    return {
      ChatAccount: { open, restore },
      proveAccount: (_ports: unknown, credentials: ChatCredentials) => proveAccount(credentials),
    } as unknown as ChatCode
  }

  #account() {
    const nothing = () => undefined
    const source: Source = {
      start: () => this.host?.connection({ name: 'live', code: null, closeName: null, retryAt: null }),
      ...{ renew: nothing, stop: nothing, suspend: nothing, setAppState: nothing },
      ...{ setNetwork: nothing, sendRead: nothing },
    }
    return {
      ...{ source, jid: ANN.jid, key: 'keyofann', isNew: this.isNew },
      signedIn: () => (this.second ? Promise.reject(this.second) : Promise.resolve()),
      leave: () => {
        this.left.push(ANN.jid)
        return Promise.resolve()
      },
    }
  }

  /** Something came. */
  async bring(body: string): Promise<void> {
    const state = { feed: FEED, epoch: 'e1', from: 1, head: 0, read: [], unread: 0, muted: false }
    await this.host?.deliver({ type: 'feed', state }, { catchUp: false })
    const messages = [message(FEED, 1, { body })]
    await this.host?.deliver({ type: 'messages', feed: FEED, epoch: 'e1', messages }, { catchUp: false })
  }
}

function openBrowser() {
  const browser = new FakeBrowser()
  const server = new ChatDouble()
  return { browser, server, ...browser.openTab('lone', { chats: server.part }) }
}

describe('a chat account without a gateway', () => {
  test('is signed in, connected by its own server, listed, counted and shown, and no gateway is asked', async () => {
    const { browser, server, client, view } = openBrowser()
    await browser.rest('lone')
    await client.signInToChat(ANN)
    await browser.rest('lone')
    expect(view.state).toMatchObject({
      ...{ status: 'signedIn', server: '', name: 'live', push: { none: 'no_gateway' } },
      user: { id: 'keyofann', name: ANN.jid },
    })
    await server.bring('hello')
    await browser.rest('lone')
    expect(view.seqs).toEqual([`${FEED} 1`])
    expect(view.banners.at(-1)).toMatchObject({ kind: 'message', message: { body: 'hello' } })
    await client.account?.refresh()
    expect(browser.requests).toEqual([])
  })

  test('is there again after a restart, and nothing of it after it was signed out', async () => {
    const { browser, server, client } = openBrowser()
    await browser.rest('lone')
    await client.signInToChat(ANN)
    await server.bring('hello')
    client.account?.stop('keep')
    browser.keyValue.set('chat', {})
    const second = browser.openTab('lone', { chats: server.part })
    await browser.rest('lone')
    expect(second.view.state).toMatchObject({ status: 'signedIn', server: '', name: 'live' })
    expect(second.view.seqs).toEqual([`${FEED} 1`])
    await second.client.signOut()
    await browser.rest('lone')
    expect(second.view.state).toMatchObject({ status: 'signedOut', kept: null })
    expect([server.left, (await browser.storage.load()).rows]).toEqual([[ANN.jid], []])
    expect(browser.keyValue.get('session')).toBeUndefined()
    expect(browser.requests).toEqual([])
  })

  test('that is refused takes nothing away of whose messages wait here', async () => {
    const { browser, client, view } = openBrowser()
    await client.signInWithLink('https://gateway/#/pages/sign-in/sign-in?code=abcdefghij')
    await browser.rest('lone')
    client.account?.tab.renew()
    browser.answer = () => ({
      status: 401,
      text: JSON.stringify({ error: { code: 'token_expired', message: '', retryable: false } }),
    })
    await client.account?.refresh().catch(() => undefined)
    await browser.rest('lone')
    expect(view.state).toMatchObject({ status: 'signedOut', kept: { id: 'me' } })
    await expect(client.signInToChat({ ...ANN, password: 'wrong' })).rejects.toMatchObject({
      code: 'not_authorized',
    })
    expect(view.state).toMatchObject({ status: 'signedOut', kept: { id: 'me' } })
  })

  test('whose server is lost between the two steps of a sign-in leaves nobody signed in', async () => {
    const { browser, server, client, view } = openBrowser()
    await browser.rest('lone')
    server.second = new ChatError('unreachable')
    await expect(client.signInToChat(ANN)).rejects.toMatchObject({ code: 'unreachable' })
    await browser.rest('lone')
    expect([view.state.status, browser.keyValue.get('session')]).toEqual(['signedOut', undefined])
  })

  test('is signed in by the tab that leads, where that is another one than was asked', async () => {
    const { browser, server } = openBrowser()
    const leader = browser.openTab('leader', { chats: server.part })
    const never = { stand: () => undefined, seize: () => undefined, withdraw: () => undefined }
    const asked = browser.openTab('asked', {
      chats: server.part,
      tabs: { id: 'asked', channel: browser.channels.channel('asked'), election: never },
    })
    await browser.rest('leader')
    const done = asked.client.signInToChat(ANN)
    await browser.rest('leader')
    await done
    expect(leader.view.state).toMatchObject({ status: 'signedIn', name: 'live', user: { name: ANN.jid } })
  })

  test('is not offered by an app that has no chats', async () => {
    const { client } = new FakeBrowser().openTab('lone')
    await expect(client.signInToChat(ANN)).rejects.toMatchObject({ code: 'no_account' })
  })
})

describe('a chat account beside a gateway', () => {
  async function signedIn() {
    const opened = openBrowser()
    const { browser, client } = opened
    await client.signInWithLink('https://gateway/#/pages/sign-in/sign-in?code=abcdefghij')
    await browser.rest('lone')
    const ask = (deed: ChatDeed) => client.account?.chats?.ask(deed)
    await ask({ do: 'signIn', ...ANN })
    await opened.server.bring('hello')
    await browser.rest('lone')
    expect(opened.view.seqs).toContain(`${FEED} 1`)
    return { ...opened, ask }
  }

  test('leaves no conversation behind when its code cannot be fetched at the sign-out', async () => {
    const { browser, server, view, ask } = await signedIn()
    server.isThere = false
    await ask({ do: 'signOut' })
    await browser.rest('lone')
    expect([server.left, view.seqs.filter((seq) => seq.startsWith('chat:'))]).toEqual([[ANN.jid], []])
  })

  test('that could not be loaded leaves its conversations to nobody else', async () => {
    const { browser, server, client } = await signedIn()
    client.account?.stop('keep')
    browser.keyValue.set('chat', {})
    server.isThere = false
    const second = browser.openTab('lone', { chats: server.part })
    await browser.rest('lone')
    expect(second.view.seqs).toContain(`${FEED} 1`)
    ;[server.isThere, server.isNew] = [true, true]
    await second.client.account?.chats?.ask({ do: 'signIn', ...ANN, jid: 'carl@example.org' })
    await browser.rest('lone')
    expect(second.view.seqs.filter((seq) => seq.startsWith('chat:'))).toEqual([])
  })
})
