import {
  parsePushPayload,
  parseServerFrame,
  rangesHold,
  type DeviceBody,
  type Message,
  type ProviderName,
  type Pushed,
  type ServerFrame,
} from '@herald/protocol'
import type { HttpAnswer, HttpRequest } from '@/services/api/http'
import type { SystemPort } from '@/services/presentation/presentation'
import { SETTLE_MS } from '@/services/presentation/thaw'
import { MemoryKeyValue } from '@/services/storage/key-value'
import type { Socket, SocketHandlers } from '@/services/socket/socket'
import type { Alert } from '../../../gateway/providers/provider'
import { AppLife, type PhoneForApp } from './app-life'
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
}

/** How long an app takes, while it runs, to store and show what a push brought, ms. */
const SHOWING_MS = 1000

export type Network = 'good' | 'slow' | 'offline' | 'hanging'

/** A phone: its system, its network, its push tokens, and the app that lives and dies on it. */
export class Phone {
  readonly name: string
  /** Whose schedule it belongs to. */
  readonly owner: string
  readonly platform: 'ios' | 'android'
  app: AppLife | null = null
  stay: Stay | null = null
  /** When the app last started, ms. */
  launchedAt = 0
  network: Network = 'good'
  /** How far its clock is ahead, ms. */
  skewMs = 0
  readonly storage = new PhoneStorage()
  readonly aways: Away[] = []
  readonly #world: World
  readonly #chance: Chance
  readonly #keyValue = new MemoryKeyValue()
  readonly #tray = new Map<string, TrayEntry>()
  readonly #held: (() => void)[] = []
  #link: Link | null = null
  #slowUntil = 0
  /** Since when its app does not run, ms. */
  #frozenAt: number | null = null
  #stays = 0
  #tokenRound = 0
  #calm = 0
  #welcomed = 0
  /** The socket that brought the last welcome. */
  #welcomedLink: Link | null = null
  /** What the gateway was told last. */
  #registered: { readonly stay: Stay | null; readonly round: number } | null = null
  /** Whether the gateway was told of quiet hours, each time. */
  readonly #quiet: { readonly at: number; readonly quiet: boolean }[] = []
  readonly #told: (Pushed & { at: number })[] = []
  /** What pushes brought to the app in this life. */
  #brought: { readonly at: number; readonly ids: readonly string[] }[] = []

  constructor(world: World, owner: string, name: string, platform: 'ios' | 'android', chance: Chance) {
    this.#world = world
    this.owner = owner
    this.name = name
    this.platform = platform
    this.#chance = chance
  }

  tokenOf(provider: ProviderName): string {
    const round = String(this.#tokenRound)
    if (provider !== 'apns') return `${this.name}-${provider}-${round}`
    return Buffer.from(`${this.name}-${round}`.padEnd(32, '.')).toString('hex')
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
    this.app = new AppLife(this.#world.clock, this.#forApp(), visible)
    this.app.start()
  }

  kill(): void {
    if (!this.app) return
    this.app.kill()
    const handed = this.#world.handed(this.stay)
    const ranUntil = this.#frozenAt ?? this.#world.clock.now
    const justBrought = this.#brought.filter(({ at }) => ranUntil - at < SHOWING_MS)
    for (const id of [...this.storage.kill(this.#chance), ...justBrought.flatMap(({ ids }) => ids)])
      if (!handed.has(id)) this.#world.journal.lostAlerts.add(`${this.name} ${id}`)
    this.#brought = []
    this.#frozenAt = null
    this.app = null
    this.#goAway()
    this.#link?.abandon()
    this.#tell('killed')
  }

  freeze(): void {
    this.#frozenAt ??= this.#world.clock.now
    this.app?.freeze()
    this.#goAway()
  }

  /** @param timersFirst whether late timers fire before the socket's events are told. */
  thaw(timersFirst: boolean): void {
    if (!this.app?.frozen) return
    this.#tell('thawed')
    this.#calm = this.#world.clock.now
    const stoodMs = this.#world.clock.now - (this.#frozenAt ?? this.#world.clock.now)
    this.#frozenAt = null
    this.#brought = this.#brought.map(({ at, ids }) => ({ at: at + stoodMs, ids }))
    this.#comeBack()
    this.app.thaw(timersFirst)
  }

  setNetwork(network: Network): void {
    if (network === this.network) return
    this.#tell(`network ${network}`)
    this.#calm = this.#world.clock.now
    const before = this.network
    this.network = network
    if (network === 'slow') this.#slowUntil = this.#world.clock.now + this.#chance.between(1000, 14_000)
    if (network === 'hanging') this.#link?.breakSilently()
    if (network === 'offline') {
      if (this.#chance.hits(0.5)) this.#link?.breakSilently()
      else this.#link?.loseRadio()
      this.app?.whenRunning(() => this.app?.client.setNetwork('lost'))
    }
    if (network !== 'good') return
    if (before === 'offline') this.app?.whenRunning(() => this.app?.client.setNetwork('regained'))
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
    const { app } = this
    if (alert.type === 'clear') {
      this.#tray.delete(alert.collapseId)
      if (app?.running) app.receive(alert.payload)
      return
    }
    // iOS shows what comes while the app is not in front; uni-push and JPush leave it to an app that runs.
    const shows = !app?.running || (this.platform === 'ios' && !app.visible)
    if (shows) this.#show(alert, sending, copy)
    if (!app?.running) return
    sending.toApp += 1
    this.#tell(`app receives push ${this.#world.nameOf(alert.payload)}`)
    const { payload } = sending
    this.#brought.push({
      at: this.#world.clock.now,
      ids: payload.type === 'message' ? [payload.id] : payload.ids,
    })
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
    this.#tokenRound += 1
    this.#tell('tokens renewed')
    for (const away of this.aways)
      if (away.until === Infinity) away.deafFrom = Math.min(away.deafFrom, this.#world.clock.now)
    this.app?.whenRunning(() => this.app?.tokensChanged())
  }

  endStay(): void {
    this.#registered = null
    this.stay = null
    this.#tray.clear()
  }

  /** Whether the gateway thought, at some moment from then to then, that it has quiet hours. */
  wasQuietWithin(from: number, to: number): boolean {
    return this.#quiet.some(
      ({ at, quiet }, index) => quiet && at <= to && (this.#quiet[index + 1]?.at ?? Infinity) > from,
    )
  }

  /** Whether its app registers with that service. */
  uses(provider: ProviderName): boolean {
    return (provider === 'apns') === (this.platform === 'ios')
  }

  #goAway(): void {
    if (this.aways.at(-1)?.until === Infinity) return
    const { stay } = this
    const reachable = this.#registered?.stay === stay && this.#registered.round === this.#tokenRound
    const { now } = this.#world.clock
    this.aways.push({ stay, since: now, until: Infinity, deafFrom: reachable ? Infinity : now })
  }

  #comeBack(): void {
    const away = this.aways.at(-1)
    if (away) away.until = Math.min(away.until, this.#world.clock.now)
  }

  #show(alert: Alert, sending: Sending, copy: boolean): void {
    const payload = parsePushPayload(alert.payload)
    if (!payload || payload.type === 'clear') return
    const ids = payload.type === 'summary' ? payload.ids : [payload.id]
    const replaced = this.#tray.get(alert.collapseId)?.ids ?? []
    this.#tray.set(alert.collapseId, { payload: alert.payload, ids })
    this.#tell(`tray shows ${this.#world.nameOf(alert.payload)}${copy ? ' again' : ''}`)
    if (this.stay?.user !== this.#world.userOf(payload.to)) {
      this.#world.journal.count('tray entries for who had left')
      return
    }
    for (const id of ids)
      if (!replaced.includes(id)) this.#world.show(this, this.stay, id, 'tray', true, copy, sending)
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
    const app = (): AppLife | null => this.app
    return {
      ...{ deviceId: this.name, platform: this.platform, keyValue: this.#keyValue },
      storage: (isOver) => this.storage.forLife(isOver),
      system: this.#system(),
      sendRequest: (request) => this.#request(app(), request),
      openSocket: (_url, handlers) => this.#open(app(), handlers),
      random: () => this.#chance.next(),
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

  #open(app: AppLife | null, handlers: SocketHandlers): Socket {
    const path = { delayMs: () => this.#delayMs() }
    const link = new Link(this.#world.clock, path, {
      open: () => app?.whenRunning(() => handlers.open()),
      message: (text) => {
        const parsed = parseServerFrame(text)
        if (parsed.ok)
          this.#tell(
            `socket brings ${describeFrame(parsed.frame)}${app?.frozen === true ? ' to a frozen app' : ''}`,
          )
        if (parsed.ok && parsed.frame.type === 'welcome') {
          this.#welcomed = this.#world.clock.now
          this.#welcomedLink = link
        }
        if (parsed.ok && parsed.frame.type === 'pushed')
          this.#told.push({ ...parsed.frame, at: this.#world.clock.now })
        app?.whenRunning(() => handlers.message(text))
      },
      closed: (code, reason) => {
        this.#tell(`socket closed with ${code}`)
        app?.whenRunning(() => handlers.closed(code, reason))
      },
    })
    this.#link = link
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

  #request(app: AppLife | null, request: HttpRequest): Promise<HttpAnswer> {
    const registers = request.method === 'PUT' && request.url.includes('/v1/me/devices/')
    const registered = { stay: this.stay, round: this.#tokenRound }
    return new Promise((resolve, reject) => {
      const fail = (): void => app?.whenRunning(() => reject(new Error('no answer')))
      const there = this.#delayMs()
      this.#world.clock.after(there ?? request.timeoutMs, () => {
        const life = there === null ? null : this.#world.gateway
        if (!life) {
          fail()
          return
        }
        void askOverHttp(life, request).then((answer) => {
          if (registers && answer.status === 200) {
            this.#registered = registered
            const quiet = (request.body as DeviceBody).quietHours !== undefined
            this.#quiet.push({ at: this.#world.clock.now, quiet })
          }
          const back = this.#delayMs()
          if (back === null) this.#world.clock.after(request.timeoutMs, fail)
          else this.#world.clock.after(back, () => app?.whenRunning(() => resolve(answer)))
        })
      })
    })
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
