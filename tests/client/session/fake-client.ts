import type { FeedState } from '@herald/protocol'
import type { HttpAnswer, HttpRequest } from '@/services/api/http'
import type { Inbox } from '@/services/inbox/inbox'
import { silentLog } from '@/services/log'
import type {
  Alert,
  BannerPort,
  NotifyOptions,
  Permission,
  SystemPort,
} from '@/services/presentation/presentation'
import type { ArrivedPush, FoundTokens, KeptSession, PushPort, PushView } from '@/services/push/push-port'
import { openAccount } from '@/services/platform/account'
import { Client } from '@/services/session/client'
import type { ClientPorts } from '@/services/session/client-ports'
import type { Settings } from '@/services/storage/settings'
import type { View } from '@/services/session/view'
import { MemoryKeyValue } from '@/services/storage/key-value'
import { MemoryStorage } from '@/services/storage/memory'
import type { Platform } from '@/services/platform/platform-port'
import { LockElection } from '@/services/tabs/lock-election'
import { loneTab, type Election, type Tabs } from '@/services/tabs/tabs'
import { FakeClock, settle } from '../fake-clock'
import { message } from '../messages'
import { ModelGateway } from '../model-gateway'
import { FakeChannels, FakeLocks } from '../tabs/fake-browser'

export const FEEDS = ['user:me', 'topic:ci']
const USER = { id: 'me', name: 'Me' }
const info = (id: string) => ({
  id,
  user: 'me',
  label: '',
  scopes: { publish: [], read: true, admin: false },
  created: 1,
  expires: null,
})

/** What a person would see of one tab. */
export class FakeView implements View {
  readonly state: Record<string, unknown> = {}
  readonly banners: (Alert | null)[] = []
  current: Inbox | null = null
  isReady = false
  shownSettings: Settings | null = null

  session(patch: Record<string, unknown>): void {
    Object.assign(this.state, patch)
  }

  connection(patch: Record<string, unknown>): void {
    Object.assign(this.state, patch)
  }

  inbox(inbox: Inbox): void {
    this.current = inbox
  }

  ready(): void {
    this.isReady = true
  }

  banner(alert: Alert | null): void {
    this.banners.push(alert)
  }

  settings(settings: Settings): void {
    this.shownSettings = settings
  }

  push(push: PushView): void {
    this.state.push = push
  }

  permission(permission: Permission): void {
    this.state.permission = permission
  }

  clear(): void {
    this.current = null
    this.isReady = false
  }

  get seqs(): string[] {
    return (this.current?.rows ?? []).map((row) => `${row.feed} ${String(row.seq)}`)
  }
}

/** The system's notifications, shared by all tabs of a browser. */
export class FakeSystem implements SystemPort {
  readonly shown = new Map<string, NotifyOptions>()
  notified = 0
  allowed: Permission = 'granted'

  notify(alert: Alert, options: NotifyOptions): Promise<void> {
    this.notified += 1
    this.shown.set(alert.kind === 'summary' ? 'summary' : alert.message.id, options)
    return Promise.resolve()
  }

  close(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.shown.delete(id)
    return Promise.resolve()
  }

  closeSummary(): Promise<void> {
    return this.close(['summary'])
  }

  closeAll(): Promise<void> {
    this.shown.clear()
    return Promise.resolve()
  }

  permission(): Promise<Permission> {
    return Promise.resolve(this.allowed)
  }

  requestPermission(): Promise<Permission> {
    this.allowed = 'granted'
    return Promise.resolve(this.allowed)
  }

  unsupported(): null {
    return null
  }

  onClick(): void {
    // Clicks are store/start.ts's.
  }
}

/** The push services of a device. Script it with `tokens`; `bring` is a push that comes. */
export class FakePush implements PushPort {
  tokens: FoundTokens = { none: 'browser' }
  kept: KeptSession | null = null
  found = 0
  #changed: () => void = () => undefined
  #take: (push: ArrivedPush) => void = () => undefined

  find(): Promise<FoundTokens> {
    this.found += 1
    return Promise.resolve(this.tokens)
  }

  onChange(handler: () => void): void {
    this.#changed = handler
  }

  onPush(handler: (push: ArrivedPush) => void): void {
    this.#take = handler
  }

  keep(session: KeptSession): Promise<void> {
    this.kept = session
    return Promise.resolve()
  }

  forget(): Promise<void> {
    this.kept = null
    return Promise.resolve()
  }

  change(tokens: FoundTokens): void {
    this.tokens = tokens
    this.#changed()
  }

  bring(push: ArrivedPush): void {
    this.#take(push)
  }
}

/** An election whose word waits while its tab is frozen. */
export class LateElection implements Election {
  readonly #inner: Election
  #late: (() => void)[] | null = null

  constructor(inner: Election) {
    this.#inner = inner
  }

  stand(handlers: { won(): void; lost(): void }): void {
    const when = (hear: () => void) => () => {
      if (this.#late) this.#late.push(hear)
      else hear()
    }
    this.#inner.stand({ won: when(() => handlers.won()), lost: when(() => handlers.lost()) })
  }

  seize = () => this.#inner.seize()
  withdraw = () => this.#inner.withdraw()

  freeze(): void {
    this.#late = []
  }

  thaw(): void {
    const late = this.#late ?? []
    this.#late = null
    for (const hear of late) hear()
  }
}

const silentBanner: BannerPort = { show: () => undefined, hide: () => undefined }

/** One browser (or phone) with its storage, tabs and gateway. */
export class FakeBrowser {
  readonly clock = new FakeClock()
  readonly gateway = new ModelGateway(FEEDS)
  readonly keyValue = new MemoryKeyValue()
  readonly storage = new MemoryStorage()
  readonly system = new FakeSystem()
  readonly push = new FakePush()
  readonly badges: number[] = []
  readonly channels = new FakeChannels()
  readonly locks = new FakeLocks()
  readonly requests: HttpRequest[] = []
  /** What the gateway answers instead of its own; null for no network. */
  answer: ((request: HttpRequest) => HttpAnswer | null | undefined) | undefined

  /** An answer that the test gives later. */
  slow: ((request: HttpRequest) => Promise<HttpAnswer> | undefined) | undefined

  /** Opens a tab; the app starts in it. */
  openTab(id: string, patch: Partial<ClientPorts> = {}): { client: Client; view: FakeView } {
    const view = new FakeView()
    const client = new Client({
      ...this.platform(id, {
        show: (alert) => view.banners.push(alert),
        hide: () => view.banners.push(null),
      }),
      view,
      clock: this.clock,
      random: () => 0.5,
      log: silentLog,
      testMessage: () => message('user:me', 1),
      ...patch,
    })
    void client.start()
    return { client, view }
  }

  /** What the platform is to a tab. */
  platform(id: string, banner: BannerPort = silentBanner): Platform {
    const tabs: Tabs = {
      id,
      channel: this.channels.channel(id),
      election: new LockElection(this.locks.of(id), 'herald'),
    }
    return {
      keyValue: this.keyValue,
      storage: this.storage,
      sendRequest: (request) => this.#respond(request),
      openSocket: this.gateway.opener(`socket of ${id}`),
      tabs: id === 'lone' ? loneTab() : tabs,
      banner,
      system: this.system,
      tone: { play: () => undefined },
      badge: { set: (count) => this.badges.push(count) },
      applyBadge: () => undefined,
      missingModules: [],
      loadPush: () => Promise.resolve(this.push),
      forgetPush: () => this.push.forget(),
      deviceId: 'device-0001',
      device: () => ({ id: 'device-0001', platform: 'h5' }),
      label: () => 'Test browser',
      defaultServer: 'https://gateway',
      transport: 'any',
      whenHidden: 'stay',
      visible: true,
      loadAccount: () => Promise.resolve(openAccount),
      listen: () => undefined,
    }
  }

  /** Lets frames, storage and messages between tabs come to rest. */
  async rest(...tabs: string[]): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      await settle()
      for (const tab of tabs) {
        while (this.gateway.serve(`socket of ${tab}`)) await settle()
        while (this.gateway.carry(`socket of ${tab}`)) await settle()
      }
    }
  }

  /** A tab dies without a word. */
  killTab(id: string): void {
    this.channels.kill(id)
    this.locks.kill(id)
    this.gateway.lose(`socket of ${id}`)
  }

  #respond(request: HttpRequest): Promise<HttpAnswer> {
    this.requests.push(request)
    const late = this.slow?.(request)
    if (late) return late
    const scripted = this.answer?.(request)
    if (scripted === null) return Promise.reject(new Error('offline'))
    return Promise.resolve(scripted ?? { status: 200, text: JSON.stringify(this.#body(request)) })
  }

  #body({ method, url, body }: HttpRequest): unknown {
    const feeds: FeedState[] = FEEDS.map((feed) => this.gateway.stateOf(feed))
    if (url.endsWith('/v1/me')) return { user: USER, token: info('pasted1'), feeds }
    if (url.endsWith('/v1/sign-in/peek')) return { user: USER, expires: 1 }
    if (url.endsWith('/v1/sign-in')) return { token: 'minted', info: info('minted1'), user: USER }
    if (url.endsWith('/v1/push')) return { providers: [], webPush: null }
    if (url.includes('/v1/me/devices/') && method === 'PUT') {
      const { push } = body as { push: { provider: string }[] }
      const on = push.map(({ provider }) => ({ provider, on: true }))
      return { device: 'device-0001', recipient: 'recipient-of-me', push: on }
    }
    const history = /\/v1\/feeds\/([^/]+)\/messages\?before=(\d+)&limit=(\d+)/.exec(url)
    if (history)
      return this.gateway.history(decodeURIComponent(history[1]!), Number(history[2]), Number(history[3]))
    const followed = /\/v1\/me\/feeds\/([^/]+)$/.exec(url)
    if (followed && method === 'PUT') return this.gateway.stateOf(decodeURIComponent(followed[1]!))
    return {}
  }
}
