import type { AppState, HistoryPage } from '@herald/protocol'
import {
  ChatError,
  type ChatAnswer,
  type ChatCredentials,
  type ChatDeed,
  type ChatsView,
} from '../../inbox/chats-view'
import { StorageError, type KeyValue } from '../../storage/storage'
import type { SourceHost } from '../source'
import { AskError } from './asks'
import { chatFeed } from './chat-names'
import { ChatStore, newChatRecord, type ChatRecord } from './chat-record'
import type { ChatSessionPorts } from './chat-session'
import { ChatSource } from './chat-source'
import { findWebsocket } from './find-server'
import type { PushAddress } from './presence'
import type { Rooms } from './rooms'

export interface ChatAccountPorts extends ChatSessionPorts {
  readonly keyValue: KeyValue
  /** What this device is called at the server. */
  readonly resource: string
  readonly newId: () => string
  readonly get: (url: string) => Promise<{ readonly status: number; readonly text: string }>
  /** Has the gateway make an address to be pushed by; null: it does no such thing. @param account a name without the address in it */
  readonly pushAddress: (account: string, domain: string) => Promise<PushAddress | null>
  readonly changed: (view: ChatsView) => void
}

/** The chat account of this device: its source, and what pages see of it. */
export class ChatAccount {
  readonly source: ChatSource
  /** Nothing was kept of it here: conversations on this device are another one's. */
  readonly isNew: boolean
  readonly #ports: ChatAccountPorts
  readonly #store: ChatStore
  #password: string | undefined
  #connection: ChatsView['connection'] = 'stopped'
  #refusal: string | null = null
  #phase: 'running' | 'telling' | 'ended' = 'running'
  #onSettled: (error: ChatError | null) => void = () => undefined

  private constructor(
    ports: ChatAccountPorts,
    record: ChatRecord,
    host: SourceHost,
    appState: AppState,
    isNew = false,
  ) {
    this.#ports = ports
    this.isNew = isNew
    this.#store = new ChatStore(this.#keyValue(), record)
    this.source = new ChatSource(
      {
        ...ports,
        store: this.#store,
        password: () => this.#password,
        pushAddress: () => ports.pushAddress(this.key, record.domain),
        onOutbox: () => {
          this.#tell()
        },
        onState: ({ name }, refusal) => {
          this.#stateChanged(name, refusal)
        },
      },
      host,
      appState,
    )
    this.#tell()
  }

  /** The account that was saved; null: there is none. */
  static restore(ports: ChatAccountPorts, host: SourceHost, appState: AppState): ChatAccount | null {
    const record = ChatStore.read(ports.keyValue)
    return record && new ChatAccount(ports, record, host, appState)
  }

  /** An account that signs in with a password when its source starts. Throws a ChatError. */
  static async open(
    ports: ChatAccountPorts,
    { jid, password, url: given }: ChatCredentials,
    host: SourceHost,
    appState: AppState,
  ): Promise<ChatAccount> {
    const { user, domain } = readJid(jid)
    const url = await serverOf(ports.get, domain, given)
    const saved = ChatStore.read(ports.keyValue)
    const isSame = saved?.user === user && saved.domain === domain
    const fresh = newChatRecord({ user, domain, url, resource: ports.resource })
    const record = isSame ? { ...saved, url, keys: null } : fresh
    const account = new ChatAccount(ports, record, host, appState, !isSame)
    account.#password = password
    return account
  }

  /** What the gateway calls the account: it need not know whose it is. */
  get key(): string {
    return chatFeed(this.jid, '').slice('chat:'.length)
  }

  get jid(): string {
    const { user, domain } = this.#store.record
    return `${user}@${domain}`.toLowerCase()
  }

  /** Resolves when the server has let it in. Rejects with a ChatError. */
  signedIn(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onSettled = (error) => {
        if (error) reject(error)
        else resolve()
      }
    })
  }

  /** What a person wants of it. Rejects with a ChatError. */
  async do(deed: Exclude<ChatDeed, { do: 'signIn' | 'signOut' }>): Promise<ChatAnswer> {
    switch (deed.do) {
      case 'begin':
        return { feed: this.source.converse(bareIn(deed.peer)) }
      case 'join':
        return { feed: (await this.#rooms()).join(bareIn(deed.room)) }
      case 'leave':
        ;(await this.#rooms()).leave(deed.feed)
        return {}
      case 'send':
        this.#send(deed.feed, deed.body)
        return {}
      case 'older':
        return { page: await this.#older(deed.feed) }
    }
  }

  #send(feed: string, body: string): void {
    try {
      this.source.say(feed, body)
    } catch (error) {
      if (error instanceof StorageError) throw new ChatError('not_kept')
      throw error
    }
  }

  async #older(feed: string): Promise<HistoryPage | undefined> {
    try {
      return await this.source.older(feed)
    } catch (error) {
      if (error instanceof AskError) throw new ChatError('unreachable')
      throw error
    }
  }

  /** Ends it at the server and here: nothing is saved after it. */
  async leave(): Promise<void> {
    this.#phase = 'ended'
    ChatStore.forget(this.#ports.keyValue)
    await this.source.leave()
  }

  async #rooms(): Promise<Rooms> {
    try {
      return await this.source.rooms()
    } catch {
      // Their code cannot be fetched now.
      throw new ChatError('unreachable')
    }
  }

  #stateChanged(name: ChatsView['connection'], refusal: string | null): void {
    this.#connection = name
    this.#refusal = refusal
    if (name === 'live') this.#settle(null)
    if (name === 'waiting') this.#settle(new ChatError('unreachable'))
    if (name === 'stopped' && refusal !== null) this.#settle(new ChatError(refusal))
    this.#tell()
  }

  #settle(error: ChatError | null): void {
    this.#onSettled(error)
    this.#onSettled = () => undefined
  }

  /** As the platform's, and tells of what is kept. */
  #keyValue(): KeyValue {
    const { keyValue } = this.#ports
    return {
      get: (key) => keyValue.get(key),
      set: (key, value) => {
        if (this.#phase !== 'ended') keyValue.set(key, value)
        this.#tell()
      },
      remove: (key) => {
        keyValue.remove(key)
      },
    }
  }

  /** Many changes of one turn are told once. */
  #tell(): void {
    if (this.#phase !== 'running') return
    this.#phase = 'telling'
    void Promise.resolve().then(() => {
      if (this.#phase === 'ended') return
      this.#phase = 'running'
      this.#ports.changed(this.#view())
    })
  }

  #view(): ChatsView {
    const { conversations, outbox } = this.#store.record
    return {
      ...{ jid: this.jid, connection: this.#connection, refusal: this.#refusal, conversations },
      unsent: outbox.map(({ id, feed, body, time }) => ({ id, feed, body, time })),
    }
  }
}

/** Reads the bare address that somebody types. Throws a ChatError. */
export function readJid(text: string): { user: string; domain: string } {
  const [bare = ''] = text
    .trim()
    .toLowerCase()
    .replace(/^xmpp:/, '')
    .split(/[/?]/)
  const [user = '', domain = '', more] = bare.split('@')
  if (user === '' || domain === '' || more !== undefined || /\s/.test(bare))
    throw new ChatError('bad_address')
  return { user, domain }
}

function bareIn(text: string): string {
  const { user, domain } = readJid(text)
  return `${user}@${domain}`
}

/** Where the websocket of an account is: as somebody typed it, or as its domain says. Rejects with a ChatError. */
export async function serverOf(get: ChatAccountPorts['get'], domain: string, given: string): Promise<string> {
  const url = given.trim() === '' ? await findWebsocket(get, domain) : websocketUrl(given)
  if (url === null) throw new ChatError('no_server')
  return url
}

/** What a person types as the server's address. */
function websocketUrl(text: string): string {
  const url = text.trim()
  if (/^wss?:\/\//i.test(url)) return url
  return /^https?:\/\//i.test(url) ? url.replace(/^http/i, 'ws') : `wss://${url}`
}
