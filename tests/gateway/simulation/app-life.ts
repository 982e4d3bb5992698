import { AppClock, type SimClock } from './sim-clock'
import { silentLog } from '@/services/log'
import { rangesHold, type Message, type Platform } from '@herald/protocol'
import { decidePresentation } from '@/services/presentation/decide'
import type { SystemPort } from '@/services/presentation/presentation'
import type { PlusPushMessage } from '@/services/presentation/app/plus-push'
import { noPush, type PushPort } from '@/services/push/push-port'
import { PlusPushes } from '@/services/push/app/plus-pushes'
import { openAccount } from '@/services/platform/account'
import { Client } from '@/services/session/client'
import { recipientIn } from '@/services/session/session-record'
import { readSettings } from '@/services/storage/settings'
import type { View } from '@/services/session/view'
import type { SendRequest } from '@/services/api/http'
import type { OpenSocket } from '@/services/socket/socket'
import type { InboxStorage } from '@/services/storage/storage'
import type { MemoryKeyValue } from '@/services/storage/key-value'
import { loneTab, type Tabs } from '@/services/tabs/tabs'

/** What a tab has of its browser. */
export interface WebSide {
  readonly tabs: Tabs
  readonly push: PushPort
  readonly forget: () => Promise<void>
}

/** The phone, or the browser, as its app sees it. */
export interface PhoneForApp {
  readonly deviceId: string
  readonly platform: Extract<Platform, 'ios' | 'android' | 'h5'>
  readonly keyValue: MemoryKeyValue
  readonly storage: (life: AppLife) => InboxStorage
  readonly system: SystemPort
  readonly sendRequest: (life: AppLife) => SendRequest
  readonly openSocket: (life: AppLife) => OpenSocket
  readonly random: () => number
  /** How far the phone's clock is ahead, ms. */
  readonly skewMs: () => number
  /** Of a browser; the app is one of its tabs then. */
  readonly web: ((life: AppLife) => WebSide) | null
  /** Whether any of the app's tabs is looked at. */
  readonly isSeen: () => boolean
  /** Of an app that is a part of another one: brings that app's tokens. */
  readonly bringToken: (() => Promise<string | null>) | null
  readonly tokens: { readonly apns: string; readonly unipush: string; readonly jpush: string }
  readonly lying: () => PlusPushMessage[]
  /** These were handed to the presenter; `visible` says what the rules make of each. */
  readonly onPresent: (messages: readonly { message: Message; visible: boolean }[]) => void
  readonly onSignedIn: (user: string) => void
}

/** One life of the app's process: the real client, from its socket to its presenter. */
export class AppLife {
  readonly client: Client
  readonly clock: AppClock
  #visible: boolean
  #frozen = false
  #dead = false
  readonly #queue: (() => void)[] = []
  readonly #phone: PhoneForApp
  #receive: (message: PlusPushMessage) => void = () => undefined
  readonly #pushes: PlusPushes | null
  /** The browser that it is a tab of. */
  readonly web: WebSide | null
  #changed: () => void = () => undefined

  constructor(world: SimClock, phone: PhoneForApp, visible: boolean) {
    this.#phone = phone
    this.#visible = visible
    this.clock = new AppClock(world, phone.skewMs)
    this.web = phone.web?.(this) ?? null
    this.#pushes = this.web ? null : this.#openPushes()
    this.client = this.#openClient()
  }

  get visible(): boolean {
    return this.#visible
  }

  get frozen(): boolean {
    return this.#frozen
  }

  get dead(): boolean {
    return this.#dead
  }

  /** JavaScript runs. */
  get running(): boolean {
    return !this.#dead && !this.#frozen
  }

  start(): void {
    void this.client.start()
  }

  /** Runs what comes from outside, when the app can: a frozen one gets it after the thaw, a killed one never. */
  whenRunning(run: () => void): void {
    if (this.#dead) return
    if (this.#frozen) this.#queue.push(run)
    else run()
  }

  setVisible(visible: boolean): void {
    // A tab that is looked at hears of it with every focus.
    if (visible === this.#visible && !(visible && this.web)) return
    this.#visible = visible
    this.client.setVisible(visible)
  }

  freeze(): void {
    this.#frozen = true
    this.clock.freeze()
  }

  /** @param timersFirst whether late timers fire before the socket's events are told. */
  thaw(timersFirst: boolean): void {
    if (!this.#frozen) return
    this.#frozen = false
    if (timersFirst) this.clock.thaw()
    for (const run of this.#queue.splice(0)) run()
    if (!timersFirst) this.clock.thaw()
  }

  kill(): void {
    this.#dead = true
    this.clock.kill()
  }

  /** The system hands a push to the app. */
  receive(payload: string): void {
    this.#receive({ payload })
  }

  click(payload: string): void {
    this.#pushes?.takeClick({ payload })
  }

  tokensChanged(): void {
    this.#changed()
  }

  #openPushes(): PlusPushes {
    const phone = this.#phone
    const { platform, tokens, keyValue } = phone
    const pushes = new PlusPushes({
      push: {
        addEventListener: (type, listener) => {
          if (type === 'receive') this.#receive = listener
        },
        getClientInfoAsync: (success) => {
          success(platform === 'ios' ? { token: tokens.apns } : {})
        },
        getAllMessage: () => phone.lying(),
        remove: () => undefined,
      },
      permission: () => 'granted',
      getPushClientId: (options) => {
        if (platform === 'android') options.success({ cid: tokens.unipush })
        else options.fail()
      },
      jpush: () =>
        platform === 'android'
          ? {
              getRegistrationID: (answer) => {
                answer({ registerID: tokens.jpush })
              },
            }
          : null,
      identity: () => ({
        ...{
          platform: platform === 'ios' ? 'ios' : 'android',
          bundleId: () => 'com.example.herald',
          dcloudId: '__UNI__SIM',
        },
        ...{ apnsEnvironment: 'production', jpushKey: 'jpushkey' },
      }),
      recipient: () => recipientIn(keyValue),
      isHidden: () => !this.#visible,
      clock: this.clock,
      log: silentLog,
    })
    pushes.onChange = (handler) => {
      this.#changed = handler
    }
    return pushes
  }

  #openClient(): Client {
    const { deviceId, platform, keyValue, storage, system, sendRequest, openSocket, random } = this.#phone
    const device = { id: deviceId, platform, timeZone: 'UTC', locale: 'en' }
    const pushes = this.#pushes ?? noPush('platform')
    const { bringToken } = this.#phone
    return new Client({
      ...{ keyValue, system, random, deviceId },
      sendRequest: sendRequest(this),
      openSocket: openSocket(this),
      storage: storage(this),
      ...(bringToken && { token: () => this.#bringToken(bringToken) }),
      clock: this.clock,
      log: silentLog,
      tabs: this.web?.tabs ?? loneTab(),
      banner: { show: () => undefined, hide: () => undefined },
      tone: { play: () => undefined },
      badge: { set: () => undefined },
      loadPush: () => Promise.resolve(this.web?.push ?? pushes),
      forgetPush: () => this.web?.forget() ?? Promise.resolve(),
      view: this.#view(),
      device: () => device,
      label: () => 'sim',
      defaultServer: 'http://gateway',
      transport: 'any',
      whenHidden: 'stay',
      visible: this.#visible,
      loadAccount: () => Promise.resolve(openAccount),
      testMessage: () => {
        throw new Error('nobody tries alerts here')
      },
    })
  }

  /** A frozen app hears the answer after its thaw. */
  #bringToken(bringToken: () => Promise<string | null>): Promise<string | null> {
    return new Promise((resolve, reject) => {
      bringToken().then(
        (token) => {
          this.whenRunning(() => {
            resolve(token)
          })
        },
        (error: unknown) => {
          this.whenRunning(() => {
            reject(error instanceof Error ? error : new Error(String(error)))
          })
        },
      )
    })
  }

  #view(): View {
    const ignore = (): void => undefined
    return {
      session: ({ status, user }) => {
        if (status === 'signedIn' && user) this.#watch(user.id)
      },
      ...{ connection: ignore, inbox: ignore, ready: ignore, banner: ignore, settings: ignore },
      ...{ permission: ignore, push: ignore, clear: ignore },
    }
  }

  /** The seam at which a message counts as presented: what the live inbox hands to the presenter. */
  #watch(user: string): void {
    const account = this.client.account
    if (!account) return
    this.#phone.onSignedIn(user)
    const { presenter } = account.tab
    const present = presenter.present.bind(presenter)
    const handed = new Set<string>()
    presenter.present = (fresh, context) => {
      if (this.#dead) return Promise.resolve()
      const { feeds } = account.inbox
      this.#phone.onPresent(
        fresh.map((message) => {
          const surface = decidePresentation({
            ...{ message, appState: this.#phone.isSeen() ? 'foreground' : 'background' },
            settings: readSettings(this.#phone.keyValue),
            muted: feeds[message.feed]?.muted ?? false,
            alreadyRead: rangesHold(feeds[message.feed]?.read ?? [], message.seq),
            // A push has shown it while it was on its way here. What was handed over before is a double, and told as such.
            seen: (id) => !handed.has(id) && !account.tab.ledger.isNews(id),
            now: new Date(this.clock.now()),
          })
          return { message, visible: surface === 'banner' || surface === 'system' }
        }),
      )
      for (const { id } of fresh) handed.add(id)
      return present(fresh, context)
    }
  }
}
