import {
  parsePushPayload,
  parseServerFrame,
  rangesHold,
  type DeviceBody,
  type Message,
  type ProviderName,
  type PushPayload,
  type Pushed,
  type ServerFrame,
} from '@herald/protocol'
import type { HttpAnswer, HttpRequest } from '@/services/api/http'
import type { SystemPort } from '@/services/presentation/presentation'
import { SETTLE_MS } from '@/services/presentation/alert-hold'
import { forgetWebPush } from '@/services/push/h5/kept-session'
import { WebPush } from '@/services/push/h5/web-push'
import { noPush } from '@/services/push/push-port'
import { MemoryKeyValue } from '@/services/storage/key-value'
import type { Socket, SocketHandlers } from '@/services/socket/socket'
import type { Alert } from '../../../gateway/providers/provider'
import { AppLife, type PhoneForApp, type WebSide } from './app-life'
import { BrowserTabs } from './browser-tabs'
import { BrowserWorker, SCOPE, type Arrival, type WorkerPort } from './browser-worker'
import { endOf, type BusinessBackend } from './business-backend'
import type { Chance } from './chance'
import { askOverHttp } from './http-door'
import type { Away, Known, Sending, Stay } from './journal'
import { Link } from './link'
import { PhoneStorage } from './phone-storage'
import type { World } from './world'

/** What the system shows of a push; the service replaces what has the same name. */
interface TrayEntry {
  readonly payload: string
  readonly ids: readonly string[]
  /** When it came, ms. */
  readonly at: number
}

/** A network that never answers fails the worker's request after this, ms. */
const WORKER_PATIENCE_MS = 30_000

/** How long an app takes, while it runs, to store and show what a push brought, or to show what it has stored, ms. */
const SHOWING_MS = 1000

export type Network = 'good' | 'slow' | 'offline' | 'hanging'

/** What the gateway was told of the phone. */
interface Registration {
  readonly stay: Stay | null
  readonly round: number
  readonly ends: number
}

/** What is known of one life of the app. */
interface Life {
  /** Since when it does not run, ms. */
  frozenAt: number | null
  link: Link | null
  /** What pushes brought to it, and what it has stored and is about to show. */
  brought: { readonly at: number; readonly ids: readonly string[] }[]
}

/** What a tab hears of its worker. */
interface Told {
  readonly data: unknown
  readonly ports: readonly WorkerPort[]
}

const newLife = (): Life => ({ frozenAt: null, link: null, brought: [] })

/**
 * A phone: its system, its network, its push tokens, and the app that lives and dies on it. Or a browser, whose two tabs
 * are two such apps and have a service worker beside them, unless the page came by plain http; `app` is the tab that the
 * person turned to last.
 */
export class Phone {
  readonly name: string
  /** Whose schedule it belongs to. */
  readonly owner: string
  readonly platform: 'ios' | 'android' | 'h5'
  stay: Stay | null = null
  /** When the app last started, ms. */
  launchedAt = 0
  network: Network = 'good'
  /** How far its clock is ahead, ms. */
  skewMs = 0
  /** Of a phone whose app is a part of another one. */
  backend: BusinessBackend | null = null
  readonly storage = new PhoneStorage()
  readonly aways: Away[] = []
  /** What its app had of the socket. */
  readonly heard = new Set<string>()
  readonly #world: World
  readonly #chance: Chance
  readonly #keyValue = new MemoryKeyValue()
  readonly #tray = new Map<string, TrayEntry>()
  readonly #held: (() => void)[] = []
  readonly #tabs: (AppLife | null)[]
  #turn = 0
  readonly #lives = new Map<AppLife, Life>()
  /** What each tab hears its worker by. */
  readonly #hearers = new WeakMap<AppLife, ((event: Told) => void)[]>()
  readonly #browser: BrowserTabs | null
  readonly #worker: BrowserWorker | null
  #link: Link | null = null
  #slowUntil = 0
  #stays = 0
  #tokenRound = 0
  #calm = 0
  #welcomed = 0
  /** The socket that brought the last welcome. */
  #welcomedLink: Link | null = null
  /** What the gateway was told, each time; what it was told last it knows, unless its store was put back. */
  readonly #registrations: { readonly at: number; readonly registration: Registration | null }[] = []
  /** Whether the gateway was told of quiet hours, each time. */
  readonly #quiet: { readonly at: number; readonly quiet: boolean }[] = []
  #told: readonly (Pushed & { at: number })[] = []

  /** @param isSecure whether a browser has the page by https: only then it has locks and a worker. */
  constructor(
    world: World,
    owner: string,
    name: string,
    platform: Phone['platform'],
    chance: Chance,
    isSecure = true,
  ) {
    this.#world = world
    this.owner = owner
    this.name = name
    this.platform = platform
    this.#chance = chance
    const isBrowser = platform === 'h5'
    this.#tabs = isBrowser ? [null, null] : [null]
    this.#browser = isBrowser ? new BrowserTabs(isSecure) : null
    this.#worker = isBrowser && isSecure ? this.#openWorker() : null
  }

  get app(): AppLife | null {
    return this.#tabs[this.#turn] ?? null
  }

  /** The lives of its app. */
  get tabs(): AppLife[] {
    return this.#tabs.flatMap((tab) => tab ?? [])
  }

  /** Its app runs, in every tab that there is. */
  get allRun(): boolean {
    return this.tabs.length > 0 && this.tabs.every(({ running }) => running)
  }

  /** The person turns to a tab. */
  turn(chance: Chance): void {
    if (this.#tabs.length > 1) this.#turn = chance.between(0, this.#tabs.length - 1)
  }

  tokenOf(provider: ProviderName): string {
    const round = String(this.#tokenRound)
    if (provider === 'webpush') return `https://push.example/${this.name}-${round}`
    if (provider !== 'apns') return `${this.name}-${provider}-${round}`
    return Buffer.from(`${this.name}-${round}`.padEnd(32, '.')).toString('hex')
  }

  /** What lies in the tray. */
  get tray(): readonly TrayEntry[] {
    return [...this.#tray.values()]
  }

  get trayPayloads(): string[] {
    return [...this.#tray.values()].map(({ payload }) => payload)
  }

  launch(visible: boolean): void {
    if (this.app) return
    this.#calm = this.#world.clock.now
    this.launchedAt = this.#world.clock.now
    this.#comeBack()
    this.#tell(`launched, ${visible ? 'visible' : 'hidden'}`)
    const life = new AppLife(this.#world.clock, this.#forApp(), visible)
    this.#tabs[this.#turn] = life
    life.start()
  }

  /** Its storage keeps what a life of the app waits for: what is to be shown is shown soon, unless the app is killed. */
  flush(app: AppLife): void {
    const ids = this.storage.flush(app)
    if (ids.length > 0) this.#lifeOf(app).brought.push({ at: this.#world.clock.now, ids })
  }

  kill(): void {
    const { app } = this
    if (!app) return
    // A tab that is closed says so, one that crashes does not.
    if (this.#browser && app.running && this.#chance.hits(0.5)) app.client.leavePage()
    app.kill()
    const { frozenAt, brought, link } = this.#lifeOf(app)
    const handed = this.#world.handed(this.stay)
    const ranUntil = frozenAt ?? this.#world.clock.now
    const justBrought = brought.filter(({ at }) => ranUntil - at < SHOWING_MS)
    for (const id of [...this.storage.kill(app, this.#chance), ...justBrought.flatMap(({ ids }) => ids)])
      if (!handed.has(id)) this.#world.journal.lostAlerts.add(`${this.name} ${id}`)
    this.#lives.delete(app)
    this.#tabs[this.#turn] = null
    if (app.web) this.#browser?.close(app.web.tabs.id)
    this.#goAway()
    link?.abandon()
    this.#tell('killed')
  }

  freeze(): void {
    const { app } = this
    if (!app) return
    this.#lifeOf(app).frozenAt ??= this.#world.clock.now
    app.freeze()
    this.#goAway()
  }

  /** @param timersFirst whether late timers fire before the socket's events are told. */
  thaw(timersFirst: boolean): void {
    const { app } = this
    if (!app?.frozen) return
    this.#tell('thawed')
    this.#calm = this.#world.clock.now
    const life = this.#lifeOf(app)
    const stoodMs = this.#world.clock.now - (life.frozenAt ?? this.#world.clock.now)
    life.frozenAt = null
    life.brought = life.brought.map(({ at, ids }) => ({ at: at + stoodMs, ids }))
    this.#comeBack()
    app.thaw(timersFirst)
  }

  thawAll(): void {
    for (const turn of this.#tabs.keys()) {
      this.#turn = turn
      this.thaw(true)
    }
  }

  setNetwork(network: Network): void {
    if (network === this.network) return
    this.#tell(`network ${network}`)
    this.#calm = this.#world.clock.now
    const before = this.network
    this.network = network
    if (network === 'slow') this.#slowUntil = this.#world.clock.now + this.#chance.between(1000, 14_000)
    const links = this.tabs.flatMap((tab) => this.#lifeOf(tab).link ?? [])
    if (network === 'hanging') for (const link of links) link.breakSilently()
    if (network === 'offline') {
      const isTold = !this.#chance.hits(0.5)
      for (const link of links)
        if (isTold) link.loseRadio()
        else link.breakSilently()
      this.#tellNetwork('lost')
    }
    if (network !== 'good') return
    if (before === 'offline') this.#tellNetwork('regained')
    for (const arrive of this.#held.splice(0)) this.#world.clock.after(this.#chance.between(50, 3000), arrive)
  }

  resetLink(): void {
    this.#tell('connection reset')
    this.#calm = this.#world.clock.now
    this.#link?.reset()
  }

  /** A push service reaches the phone; `copy`: it did so before with the same push. */
  deliver(alert: Alert, sending: Sending, copy: boolean): void {
    if (this.network === 'offline' || this.network === 'hanging') {
      this.#held.push(() => {
        this.deliver(alert, sending, copy)
      })
      return
    }
    sending.arrived += 1
    if (this.#worker) {
      this.#worker.push(alert.payload, sending, copy)
      return
    }
    const { app } = this
    if (alert.type === 'clear') {
      this.#tray.delete(alert.collapseId)
      if (app?.running) app.receive(alert.payload)
      return
    }
    // iOS shows what comes while the app is not in front; uni-push and JPush leave it to an app that runs.
    const shows = !app?.running || (this.platform === 'ios' && !app.visible)
    const shown = parsePushPayload(alert.payload)
    if (shows && shown) this.#show(alert.collapseId, { payload: shown, sending, copy })
    if (!app?.running) return
    this.#tell(`app receives push ${this.#world.nameOf(alert.payload)}`)
    this.#noteBrought(app, sending.payload)
    app.receive(alert.payload)
  }

  /** What the phone could know of a message by now. */
  known(message: Message | undefined): Known {
    const told = this.#told.some(
      ({ feed, ranges, at }) =>
        feed === message?.feed && rangesHold(ranges, message.seq) && at + SETTLE_MS <= this.#world.clock.now,
    )
    const calm =
      this.network === 'good' ? Math.max(this.#calm, this.#world.troubledAt) : this.#world.clock.now
    return {
      joined: this.#welcomed,
      whole: this.#link?.whole === true && this.#welcomedLink === this.#link,
      launched: this.launchedAt,
      calm,
      told,
    }
  }

  /** The person taps what lies in the tray. */
  tap(): void {
    const [key, entry] = [...this.#tray].at(-1) ?? []
    if (key === undefined || !entry) return
    this.#tell(`tapped ${this.#world.nameOf(entry.payload)}`)
    this.#tray.delete(key)
    if (this.app?.frozen) this.thaw(this.#chance.hits(0.5))
    if (!this.app) this.launch(true)
    else this.app.setVisible(true)
    this.app?.click(entry.payload)
  }

  /** The services give new tokens: the old ones are dead. */
  renewTokens(): void {
    this.#loseTokens()
    this.#tell('tokens renewed')
    if (this.#worker) this.#worker.subscriptionChanged()
    else this.app?.whenRunning(() => this.app?.tokensChanged())
  }

  endStay(): void {
    this.#noteRegistration(null)
    this.stay = null
    this.#tray.clear()
  }

  /** The gateway's store is as it was then. */
  putBack(to: number): void {
    const { now } = this.#world.clock
    const isOld = ({ at }: { readonly at: number }): boolean => at <= to
    this.#noteRegistration(this.#registrations.findLast(isOld)?.registration ?? null)
    this.#quiet.push({ at: now, quiet: this.#quiet.findLast(isOld)?.quiet ?? false })
    // What it was told since is of no use to it in another epoch, and the gateway has forgotten it.
    this.#told = this.#told.filter(isOld)
    const away = this.aways.at(-1)
    if (away?.until !== Infinity) return
    if (!this.#isReachable) away.deafFrom = Math.min(away.deafFrom, now)
    away.endsAt = Math.min(away.endsAt, this.#registered?.ends ?? now)
  }

  /** Whether the gateway thought, at some moment from then to then, that it has quiet hours. */
  wasQuietWithin(from: number, to: number): boolean {
    return this.#quiet.some(
      ({ at, quiet }, index) => quiet && at <= to && (this.#quiet[index + 1]?.at ?? Infinity) > from,
    )
  }

  /** Whether its app registers with that service. */
  uses(provider: ProviderName): boolean {
    if (this.platform === 'h5') return provider === 'webpush' && this.#worker !== null
    return this.platform === 'ios' ? provider === 'apns' : provider === 'unipush' || provider === 'jpush'
  }

  #goAway(): void {
    if (this.aways.at(-1)?.until === Infinity || this.tabs.some(({ running }) => running)) return
    const { now } = this.#world.clock
    this.aways.push({
      stay: this.stay,
      since: now,
      until: Infinity,
      heardAt: now,
      deafFrom: this.#isReachable ? Infinity : now,
      endsAt: this.#registered?.ends ?? now,
    })
  }

  get #registered(): Registration | null {
    return this.#registrations.at(-1)?.registration ?? null
  }

  #noteRegistration(registration: Registration | null): void {
    this.#registrations.push({ at: this.#world.clock.now, registration })
  }

  /** The gateway knows a token of it that its services take, and for whom. */
  get #isReachable(): boolean {
    if (this.platform === 'h5' && this.#worker === null) return false
    return this.#registered?.stay === this.stay && this.#registered.round === this.#tokenRound
  }

  #comeBack(): void {
    const away = this.aways.at(-1)
    if (away) away.until = Math.min(away.until, this.#world.clock.now)
  }

  #show(name: string, { payload, sending, copy }: Arrival): void {
    if (payload.type === 'clear') return
    const text = JSON.stringify(payload)
    const ids = payload.type === 'summary' ? payload.ids : [payload.id]
    const replaced = this.#tray.get(name)?.ids ?? []
    this.#tray.set(name, { payload: text, ids, at: this.#world.clock.now })
    this.#tell(`tray shows ${this.#world.nameOf(text)}${copy ? ' again' : ''}`)
    if (this.stay?.user !== this.#world.userOf(payload.to)) {
      this.#world.journal.count('tray entries for who had left')
      return
    }
    for (const id of ids)
      if (!replaced.includes(id)) this.#world.show(this, this.stay, id, 'tray', true, copy, sending)
  }

  #loseTokens(): void {
    this.#tokenRound += 1
    for (const away of this.aways)
      if (away.until === Infinity) away.deafFrom = Math.min(away.deafFrom, this.#world.clock.now)
  }

  #tellNetwork(change: 'lost' | 'regained'): void {
    for (const tab of this.tabs)
      tab.whenRunning(() => {
        tab.client.setNetwork(change)
      })
  }

  #lifeOf(app: AppLife): Life {
    const known = this.#lives.get(app) ?? newLife()
    this.#lives.set(app, known)
    return known
  }

  #noteBrought(app: AppLife, payload: PushPayload): void {
    if (payload.type === 'clear') return
    const ids = payload.type === 'message' ? [payload.id] : payload.ids
    this.#lifeOf(app).brought.push({ at: this.#world.clock.now, ids })
  }

  #openWorker(): BrowserWorker {
    return new BrowserWorker({
      storage: this.storage,
      windows: () =>
        this.tabs.map((tab) => ({
          visibilityState: tab.visible ? 'visible' : 'hidden',
          postMessage: (data, [port] = []) => {
            if (port) this.#offerTo(tab, data, port)
            else this.#postTo(tab, data)
          },
        })),
      endpoint: () => this.tokenOf('webpush'),
      unsubscribe: () => {
        this.#tell('unsubscribed')
        this.#loseTokens()
      },
      after: (ms, run) => {
        this.#world.clock.after(ms, run)
      },
      ask: (method, url, headers, body) =>
        this.#request((run) => run(), toRequest(method, url, headers, body)),
      show: (tag, arrival) => {
        this.#show(tag, arrival)
      },
      shown: () => [...this.#tray.keys()],
      close: (tag) => this.#tray.delete(tag),
    })
  }

  /** The worker leaves a push to whichever tab answers. */
  #offerTo(tab: AppLife, data: unknown, port: WorkerPort): void {
    const { payload } = data as { payload: PushPayload }
    const noteBrought = (): void => {
      this.#noteBrought(tab, payload)
    }
    const heard: WorkerPort = {
      postMessage: (answer) => {
        port.postMessage(answer)
      },
      close: () => undefined,
      set onmessage(hear: WorkerPort['onmessage']) {
        port.onmessage = (event) => {
          tab.whenRunning(() => {
            noteBrought()
            hear?.(event)
          })
        }
      },
    }
    tab.whenRunning(() => {
      for (const hear of this.#hearers.get(tab) ?? []) hear({ data, ports: [heard] })
    })
  }

  /** The worker tells a tab. */
  #postTo(tab: AppLife, data: unknown): void {
    const told = data as { type: string; payload?: PushPayload; shown?: boolean }
    // What a frozen tab does not hear another one does, when there is one that runs.
    const hears = tab.running || !this.tabs.some(({ running }) => running)
    if (told.payload && told.shown === false && hears) this.#noteBrought(tab, told.payload)
    tab.whenRunning(() => {
      for (const hear of this.#hearers.get(tab) ?? []) hear({ data, ports: [] })
    })
  }

  #openTab(life: AppLife, browser: BrowserTabs): WebSide {
    const tabs = browser.open({
      whenRunning: (run) => {
        life.whenRunning(run)
      },
      clock: life.clock,
      isVisible: () => life.visible,
    })
    if (!this.#worker) return { tabs, push: noPush('platform'), forget: () => Promise.resolve() }
    return { tabs, ...this.#openWebPush(life, this.#worker) }
  }

  #openWebPush(life: AppLife, { caches, pushManager }: BrowserWorker): Omit<WebSide, 'tabs'> {
    const hearers: ((event: Told) => void)[] = []
    this.#hearers.set(life, hearers)
    const container = {
      addEventListener: (_type: string, hear: (event: Told) => void) => hearers.push(hear),
      getRegistration: () => Promise.resolve({ pushManager }),
    } as unknown as ServiceWorkerContainer
    const push = new WebPush({
      ...{ container, caches, scope: SCOPE, namespace: 'herald', clock: life.clock },
      permission: () => Promise.resolve('granted'),
      unsupported: () => null,
      registration: Promise.resolve({ pushManager } as ServiceWorkerRegistration),
      t: (key) => key,
    })
    return { push, forget: () => forgetWebPush({ container, caches, scope: SCOPE, namespace: 'herald' }) }
  }

  #tell(what: string): void {
    this.#world.journal.tell(this.owner, `${this.name}: ${what}`)
  }

  #delayMs(): number | null {
    if (this.network === 'offline' || this.network === 'hanging') return null
    if (this.network === 'slow' && this.#world.clock.now < this.#slowUntil)
      return this.#slowUntil - this.#world.clock.now + this.#chance.between(0, 300)
    return this.#chance.delay(5, 200)
  }

  #forApp(): PhoneForApp {
    const token = (provider: ProviderName): string => this.tokenOf(provider)
    return {
      ...{ deviceId: this.name, platform: this.platform, keyValue: this.#keyValue },
      storage: (life) => this.storage.forLife(life, () => life.dead),
      web: this.#browser && ((life) => this.#openTab(life, this.#browser!)),
      isSeen: () => this.tabs.some(({ visible }) => visible),
      system: this.#system(),
      sendRequest: (life) => (request) => this.#request(life.whenRunning.bind(life), request),
      openSocket: (life) => (_url, handlers) => this.#open(life, handlers),
      random: () => this.#chance.next(),
      bringToken: this.backend && (() => this.backend?.bringToken(this.name) ?? Promise.resolve(null)),
      skewMs: () => this.skewMs,
      tokens: {
        get apns() {
          return token('apns')
        },
        get unipush() {
          return token('unipush')
        },
        get jpush() {
          return token('jpush')
        },
      },
      lying: () => this.trayPayloads.map((payload) => ({ payload })),
      onPresent: (messages) => {
        for (const { message, visible } of messages) {
          this.#tell(`app presents ${message.feed} ${message.seq}${visible ? '' : ' in silence'}`)
          if (this.stay) this.#world.show(this, this.stay, message.id, 'app', visible, false, null)
        }
      },
      onSignedIn: (user) => {
        if (this.stay?.user === user) return
        this.stay = { phone: this.name, user, since: this.#world.clock.now, number: (this.#stays += 1) }
        this.#tell(`${user} is signed in`)
      },
    }
  }

  #system(): SystemPort {
    return {
      notify: () => Promise.resolve(),
      close: (ids) => {
        for (const [key, entry] of this.#tray)
          if (entry.ids.length === 1 && entry.ids.every((id) => ids.includes(id))) this.#tray.delete(key)
        return Promise.resolve()
      },
      closeSummary: () => {
        for (const [key, entry] of this.#tray) if (entry.ids.length > 1) this.#tray.delete(key)
        return Promise.resolve()
      },
      closeAll: () => {
        this.#tray.clear()
        return Promise.resolve()
      },
      permission: () => Promise.resolve('granted'),
      requestPermission: () => Promise.resolve('granted'),
      unsupported: () => null,
      onClick: () => undefined,
    }
  }

  #open(app: AppLife, handlers: SocketHandlers): Socket {
    const path = {
      delayMs: () => this.#delayMs(),
      onWord: () => {
        const away = this.aways.at(-1)
        if (away?.until === Infinity) away.heardAt = this.#world.clock.now
      },
    }
    const link = new Link(this.#world.clock, path, {
      open: () => app.whenRunning(() => handlers.open()),
      message: (text) => {
        const parsed = parseServerFrame(text)
        if (parsed.ok)
          this.#tell(`socket brings ${describeFrame(parsed.frame)}${app.frozen ? ' to a frozen app' : ''}`)
        if (parsed.ok && parsed.frame.type === 'welcome') {
          this.#welcomed = this.#world.clock.now
          this.#welcomedLink = link
        }
        if (parsed.ok && parsed.frame.type === 'pushed')
          this.#told = [...this.#told, { ...parsed.frame, at: this.#world.clock.now }]
        app.whenRunning(() => {
          if (parsed.ok && parsed.frame.type === 'messages')
            for (const { id } of parsed.frame.messages) this.heard.add(id)
          handlers.message(text)
        })
      },
      closed: (code, reason) => {
        this.#tell(`socket closed with ${code}`)
        app.whenRunning(() => handlers.closed(code, reason))
      },
    })
    this.#link = link
    this.#lifeOf(app).link = link
    this.#tell('dials')
    link.dial((end) => this.#world.accept(end))
    return {
      send: (text) => {
        link.send(text)
      },
      close: (code) => {
        link.close(code)
      },
    }
  }

  #request(whenRunning: (run: () => void) => void, request: HttpRequest): Promise<HttpAnswer> {
    const registers = request.method === 'PUT' && request.url.includes('/v1/me/devices/')
    const ends = endOf(request.headers.Authorization ?? '')
    const registered = { stay: this.stay, round: this.#tokenRound, ends }
    return new Promise((resolve, reject) => {
      const fail = (): void => whenRunning(() => reject(new Error('no answer')))
      const there = this.#delayMs()
      this.#world.clock.after(there ?? request.timeoutMs, () => {
        const life = there === null ? null : this.#world.reached
        if (!life) {
          fail()
          return
        }
        // A gateway that dies meanwhile never answers.
        this.#world.clock.after(request.timeoutMs, fail)
        void life
          .ask(() => askOverHttp(life, request))
          .then((answer) => {
            if (registers && answer.status === 200) {
              this.#noteRegistration(registered)
              const quiet = (request.body as DeviceBody).quietHours !== undefined
              this.#quiet.push({ at: this.#world.clock.now, quiet })
            }
            const back = this.#delayMs()
            if (back === null) this.#world.clock.after(request.timeoutMs, fail)
            else this.#world.clock.after(back, () => whenRunning(() => resolve(answer)))
          })
      })
    })
  }
}

/** What a worker fetches, as the app's own requests are. */
function toRequest(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string | undefined,
): HttpRequest {
  return {
    ...{ method: method as HttpRequest['method'], url, headers, timeoutMs: WORKER_PATIENCE_MS },
    body: body === undefined ? undefined : (JSON.parse(body) as unknown),
  }
}

/** A frame in a few words, for a story. */
function describeFrame(frame: ServerFrame): string {
  if (frame.type === 'messages')
    return `messages of ${frame.feed} ${frame.messages.map(({ seq }) => seq).join(' ')}`
  if (frame.type === 'pushed' || frame.type === 'read')
    return `${frame.type} of ${frame.feed} ${JSON.stringify(frame.ranges)}`
  return frame.type
}
