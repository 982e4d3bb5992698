import { feedKind, type AppState, type HistoryPage } from '@herald/protocol'
import { ApiError } from '../api/api-error'
import type { forgetChat, registerChat } from '../api/chat-api'
import type { GatewayApi } from '../api/gateway-api'
import {
  ChatError,
  type ChatAnswer,
  type ChatCredentials,
  type ChatDeed,
  type ChatsView,
} from '../inbox/chats-view'
import type { OpenSocket } from '../socket/socket'
import type { Source, SourceHost } from '../sources/source'
import { chatHost, SourceWithChats } from '../sources/source-with-chats'
import type { ChatAccount, ChatAccountPorts } from '../sources/xmpp/chat-account'
import type { proveAccount } from '../sources/xmpp/prove-account'
import type { KeyValue } from '../storage/storage'
import type { TabMessage } from '../tabs/tabs'
import type { AccountPorts } from './account-ports'
import { chatDevice } from './chat-sign-in'
import { randomId } from './session-record'

/** How long the tab that leads may take to answer another, in ms: a sign-in dials, and proves a password. */
const ANSWER_MS = 45_000

/** `chat-code.ts`. */
interface ChatCode {
  readonly ChatAccount: typeof ChatAccount
  readonly proveAccount: typeof proveAccount
  readonly registerChat: typeof registerChat
  readonly forgetChat: typeof forgetChat
}

/** What of the platform only chats need. */
export interface ChatPlatform {
  readonly keyValue: KeyValue
  readonly openSocket: OpenSocket
  /** Their code, on H5 a chunk of its own. Rejects when it cannot be fetched. */
  readonly load: () => Promise<ChatCode>
}

/** Makes the chats of whoever is signed in. @param api null: there is no gateway beside them */
export type OpenChats = (ports: ChatsPorts, api: GatewayApi | null) => Chats

/** Chats as they are handed to an app that has pages for them. */
export interface ChatPart {
  readonly open: (platform: Omit<ChatPlatform, 'load'>) => OpenChats
  readonly load: ChatPlatform['load']
}

type ChatsPorts = Pick<AccountPorts, 'clock' | 'random' | 'log' | 'device' | 'sendRequest' | 'link'>

/** What the tab that leads has of them. */
interface Lead {
  readonly source: SourceWithChats
  readonly host: SourceHost
}

/** The chat account, beside the gateway's or alone: the tab that leads has its source, and does what all tabs want of it. */
export class Chats {
  readonly #ports: ChatsPorts
  readonly #platform: ChatPlatform
  readonly #api: GatewayApi | null
  readonly #stopListening: () => void
  readonly #watchers = new Set<(view: ChatsView | null) => void>()
  readonly #asked = new Map<string, (answer: Extract<TabMessage, { type: 'chatAnswer' }>) => void>()
  #lead: Lead | null = null
  /** Resolves when this tab leads, or another one has said that it does. */
  readonly #isLed: Promise<void>
  #led: () => void = () => undefined
  #account: ChatAccount | null = null
  #opening: Promise<void> = Promise.resolve()
  #view: ChatsView | null = null

  constructor(ports: ChatsPorts, platform: ChatPlatform, api: GatewayApi | null) {
    this.#ports = ports
    this.#platform = platform
    this.#api = api
    this.#isLed = new Promise((resolve) => (this.#led = resolve))
    this.#stopListening = ports.link.listen((message) => {
      this.#hear(message)
    })
    ports.link.send({ type: 'chatsAsked' })
  }

  /**
   * The source of the tab that leads: the gateway's, and the chat account that was saved or will be signed in.
   * @param gateway null: the chat account is all there is
   */
  beside(gateway: Source | null, host: SourceHost, appState: AppState): Source {
    const source = new SourceWithChats(gateway, appState, () => {
      if (this.#lead === lead) this.#lead = this.#account = null
    })
    const lead: Lead = { source, host: chatHost(host, this.#api === null) }
    this.#lead = lead
    // Without an account its code is not fetched.
    if (this.#platform.keyValue.get('chat') !== undefined) this.#opening = this.#restore(lead)
    else this.#show(null)
    this.#led()
    return source
  }

  /** As `ask`, for a session that just began: there may be nobody yet to ask. Rejects with a ChatError. */
  async signIn(credentials: ChatCredentials): Promise<void> {
    await this.#isLed
    await this.ask({ do: 'signIn', ...credentials })
  }

  /** Calls back at once, and at each change; null: there is no chat account. Returns how to stop. */
  watch(watcher: (view: ChatsView | null) => void): () => void {
    this.#watchers.add(watcher)
    watcher(this.#view)
    return () => this.#watchers.delete(watcher)
  }

  /** Does it here, or has the tab that leads do it. Rejects with a ChatError. */
  async ask(deed: ChatDeed): Promise<ChatAnswer> {
    return this.#lead ? this.#do(this.#lead, deed) : this.#askLeader(deed)
  }

  /** Older messages of a conversation, as the gateway's history gives them. Rejects with an ApiError. */
  async history(feed: string): Promise<HistoryPage> {
    try {
      const { page } = await this.ask({ do: 'older', feed })
      if (page) return page
    } catch (error) {
      if (!(error instanceof ChatError)) throw error
    }
    throw new ApiError('server_unreachable', true)
  }

  /** Ends everything. `drop`: the account leaves its server, and nothing of it stays. */
  stop(pending: 'keep' | 'drop'): void {
    this.#stopListening()
    const [lead, account] = [this.#lead, this.#account]
    this.#lead = null
    this.#show(null)
    if (pending === 'keep') return
    // It says goodbye by itself; who only stops it leaves the server with a session to resume.
    lead?.source.setChats(null)
    void account?.leave()
  }

  async #restore(lead: Lead): Promise<void> {
    try {
      const code = await this.#platform.load()
      if (this.#lead !== lead) return
      const ports = this.#accountPorts(code)
      this.#take(lead, code.ChatAccount.restore(ports, lead.host, lead.source.appState))
    } catch (error) {
      // The next start of the app fetches it.
      this.#ports.log('chats.code_missing', { error: String(error) })
    }
  }

  #take(lead: Lead, account: ChatAccount | null): void {
    this.#account = account
    lead.source.setChats(account?.source ?? null)
  }

  async #do(lead: Lead, deed: ChatDeed): Promise<ChatAnswer> {
    await this.#opening
    if (deed.do === 'signIn') return this.#signIn(lead, deed).then(() => ({}))
    const account = this.#account
    if (!account) throw new ChatError('no_account')
    if (deed.do !== 'signOut') return account.do(deed)
    await this.#signOut(lead, account)
    return {}
  }

  async #signIn(lead: Lead, deed: Extract<ChatDeed, { do: 'signIn' }>): Promise<void> {
    const code = await this.#platform.load().catch(() => {
      throw new ChatError('unreachable')
    })
    const before = this.#account
    const ports = this.#accountPorts(code)
    const account = await code.ChatAccount.open(ports, deed, lead.host, lead.source.appState)
    if (before && before.jid !== account.jid) await this.#signOut(lead, before)
    else before?.source.stop()
    // Who was here before could not be loaded any more.
    if (!before && account.isNew) await this.#forgetFeeds(lead)
    const done = account.signedIn()
    this.#take(lead, account)
    try {
      await done
    } catch (error) {
      // Who was let in before waits here for the right password.
      if (before?.jid !== account.jid) await this.#signOut(lead, account)
      throw error
    }
  }

  async #signOut(lead: Lead, account: ChatAccount): Promise<void> {
    this.#take(lead, null)
    this.#show(null)
    await account.leave()
    await this.#forgetFeeds(lead)
    await this.#forgetPushes(account)
  }

  async #forgetFeeds({ host }: Lead): Promise<void> {
    const gone = Object.keys(host.feeds()).filter((feed) => feedKind(feed) === 'chat')
    await host.deliver({ type: 'welcome', feeds: [], gone }, { catchUp: false })
  }

  async #forgetPushes({ key }: ChatAccount): Promise<void> {
    if (!this.#api) return
    try {
      const { forgetChat } = await this.#platform.load()
      await forgetChat(this.#api, this.#ports.device().id, key)
    } catch (error) {
      // Off line, or no such gateway: what is pushed for a node that is not asked for any more says nothing.
      this.#ports.log('chats.pushes_kept', { error: String(error) })
    }
  }

  #accountPorts({ registerChat }: ChatCode): ChatAccountPorts {
    const { clock, random, log, device } = this.#ports
    const { keyValue, openSocket } = this.#platform
    return {
      ...{ keyValue, clock, random, log, open: openSocket },
      ...chatDevice(this.#ports, device().id),
      newId: () => uuidOf(randomId(globalThis.crypto)),
      pushAddress: async (account, domain) => {
        if (!this.#api) return null
        try {
          return await registerChat(this.#api, device().id, account, domain)
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          log('chats.no_push', { code: error.code })
          return null
        }
      },
      changed: (view) => {
        this.#show(view)
      },
    }
  }

  #show(view: ChatsView | null): void {
    this.#view = view
    for (const watcher of this.#watchers) watcher(view)
    if (this.#lead) this.#ports.link.send({ type: 'chats', view })
  }

  #askLeader(deed: ChatDeed): Promise<ChatAnswer> {
    const { clock, link } = this.#ports
    const id = randomId(globalThis.crypto)
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#asked.delete(id)
        clock.clearTimeout(timer)
      }
      const timer = clock.setTimeout(() => {
        end()
        reject(new ChatError('unreachable'))
      }, ANSWER_MS)
      this.#asked.set(id, ({ answer, error }) => {
        end()
        if (error === null) resolve(answer)
        else reject(new ChatError(error))
      })
      link.send({ type: 'chatDeed', id, deed })
    })
  }

  #hear(message: TabMessage): void {
    if (message.type === 'chatAnswer') this.#asked.get(message.id)?.(message)
    if (message.type === 'chats' && !this.#lead) this.#follow(message.view)
    if (!this.#lead) return
    if (message.type === 'chatsAsked') this.#ports.link.send({ type: 'chats', view: this.#view })
    if (message.type === 'chatDeed') void this.#doFor(this.#lead, message.id, message.deed)
  }

  #follow(view: ChatsView | null): void {
    this.#led()
    this.#show(view)
  }

  /** What another tab wants. */
  async #doFor(lead: Lead, id: string, deed: ChatDeed): Promise<void> {
    const { link, log } = this.#ports
    try {
      link.send({ type: 'chatAnswer', id, answer: await this.#do(lead, deed), error: null })
    } catch (error) {
      if (!(error instanceof ChatError)) log('chats.failed', { error: String(error) })
      link.send({
        ...{ type: 'chatAnswer', id, answer: {} },
        error: error instanceof ChatError ? error.code : 'internal',
      })
    }
  }
}

/** 32 hexadecimal digits as a UUID. */
const uuidOf = (digits: string): string =>
  digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5')
