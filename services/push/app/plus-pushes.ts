import { parsePushPayload, type PushPayload } from '@herald/protocol'
import type { Clock } from '../../clock'
import type { Log } from '../../log'
import { readPayload, unwrap } from '../../presentation/app/push-payload'
import type { PlusPushMessage } from '../../presentation/app/plus-push'
import type { ClickTarget, Permission } from '../../presentation/presentation'
import { PushInbox } from '../push-inbox'
import type { ArrivedPush, FoundTokens, KeptSession, PushPort } from '../push-port'
import { plusRegistrations, type AppIdentity, type JPushPlugin, type PlusClientInfo } from './plus-tokens'

/** How long a native module may take to answer, in ms: those of a push SDK that is still starting may never do. */
export const TOKEN_TIMEOUT_MS = 10_000

/** Android's words where no push service was packed. */
const NO_SERVICE = 'no push platform'

/** The part of `plus.push` that is used. */
export interface PlusPushEvents {
  addEventListener(type: 'click' | 'receive', listener: (message: PlusPushMessage) => void): void
  getClientInfoAsync(
    success: (info: PlusClientInfo) => void,
    fail: (error?: { readonly message?: string }) => void,
  ): void
  getAllMessage(): PlusPushMessage[]
  remove(message: PlusPushMessage): void
}

/** What the App gives. */
export interface PlusPushesEnv {
  /** Absent when the app was packaged without the Push module. */
  readonly push: PlusPushEvents | undefined
  readonly permission: () => Permission
  /** uni-push 2.0 without the native SDK has its client id here only; fails where uni-push is not in the build. */
  readonly getPushClientId: (options: { success(result: { cid?: string }): void; fail(): void }) => void
  /** Null where the plugin is not in the build. */
  readonly jpush: () => JPushPlugin | null
  readonly identity: () => AppIdentity
  /** Whom pushes are meant for; null when nobody is signed in, undefined while the gateway has not said it. */
  readonly recipient: () => string | null | undefined
  /** The user does not see the app. */
  readonly isHidden: () => boolean
  readonly clock: Clock
  readonly log: Log
}

/**
 * Pushes of the App: APNs, uni-push and JPush. Make it before anything waits: a click that starts the app is told
 * once. Its tokens are asked for only when the person has allowed notifications, since asking opens the dialog on iOS.
 */
export class PlusPushes implements PushPort {
  readonly #env: PlusPushesEnv
  readonly #inbox = new PushInbox()
  #onChange: () => void = () => undefined
  #hasService = true
  /** Answers that came too late and were told as changes: a module that is always late must not go round for ever. */
  readonly #told = new Set<string>()

  constructor(env: PlusPushesEnv) {
    this.#env = env
    env.push?.addEventListener('receive', (message) => {
      // iOS hands a push over in the background when it has shown it; in the foreground it shows none by itself.
      const shown = env.isHidden() && env.identity().platform === 'ios'
      const payload = this.#ownPayload(message, shown)
      if (payload) this.#inbox.deliver({ payload, shown })
    })
  }

  /** What a click on a push opens; null when it is none of ours, or was meant for somebody else. */
  takeClick(message: PlusPushMessage): ClickTarget | null {
    const payload = this.#ownPayload(message, true)
    if (!payload) return null
    this.#inbox.deliver({ payload, shown: true })
    if (payload.type === 'clear') return null
    return payload.type === 'summary'
      ? { inbox: true, pushed: true }
      : { messageId: payload.id, feed: payload.feed, pushed: true }
  }

  async find(): Promise<FoundTokens> {
    if (!this.#env.push) return { none: 'module' }
    if (this.#env.permission() !== 'granted') return { none: 'permission' }
    const [cid, info, registrationId] = await Promise.all([this.#cid(), this.#info(), this.#registrationId()])
    const [first, ...others] = plusRegistrations(this.#env.identity(), { cid, info, registrationId })
    if (first) return { registrations: [first, ...others] }
    return { none: this.#hasService ? 'pending' : 'service' }
  }

  onChange(handler: () => void): void {
    this.#onChange = handler
  }

  onPush(handler: (push: ArrivedPush) => void): void {
    this.#inbox.handle(handler)
  }

  /** The app reads its own storage; what waited for the recipient is taken or dropped now. */
  keep({ recipient }: KeptSession): Promise<void> {
    for (const { payload } of this.#inbox.known(recipient)) this.#dropForeign(payload)
    return Promise.resolve()
  }

  /** Payloads of other senders and the echo of our own notices are nothing; another user's is dropped. */
  #ownPayload(message: PlusPushMessage, shown: boolean): PushPayload | undefined {
    if (readPayload(message.payload)?.local === true) return undefined
    const payload = parsePushPayload(unwrap(message.payload))
    const recipient = this.#env.recipient()
    if (!payload || payload.to === recipient) return payload
    if (recipient === undefined) this.#inbox.hold({ payload, shown })
    else this.#dropForeign(payload)
    return undefined
  }

  #dropForeign(payload: PushPayload): void {
    this.#env.log('push.foreign', { type: payload.type })
    // Android lists what this process put into the tray; on iOS only all of it could be cleared.
    for (const lying of this.#env.push?.getAllMessage() ?? []) {
      if (parsePushPayload(unwrap(lying.payload))?.to === payload.to) this.#env.push?.remove(lying)
    }
  }

  #cid(): Promise<string | undefined> {
    return this.#inTime<string | undefined>((done) => {
      this.#env.getPushClientId({
        success: ({ cid }) => {
          done(cid)
        },
        fail: () => {
          done(undefined)
        },
      })
    }, undefined)
  }

  #info(): Promise<PlusClientInfo> {
    return this.#inTime<PlusClientInfo>((done) => {
      this.#env.push?.getClientInfoAsync(done, (error) => {
        this.#hasService = error?.message !== NO_SERVICE
        done({})
      })
    }, {})
  }

  #registrationId(): Promise<string | undefined> {
    const plugin = this.#env.jpush()
    if (!plugin) return Promise.resolve(undefined)
    return this.#inTime<string | undefined>((done) => {
      plugin.getRegistrationID(({ registerID }) => {
        done(registerID)
      })
    }, undefined)
  }

  #tellLate(answer: unknown): void {
    const text = JSON.stringify(answer ?? null)
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#onChange()
  }

  /** An answer that comes too late is told as a change. */
  #inTime<T>(ask: (done: (answer: T) => void) => void, missing: T): Promise<T> {
    return new Promise((resolve) => {
      let phase: 'waiting' | 'late' | 'done' = 'waiting'
      const timer = this.#env.clock.setTimeout(() => {
        phase = 'late'
        resolve(missing)
      }, TOKEN_TIMEOUT_MS)
      ask((answer) => {
        if (phase === 'late') this.#tellLate(answer)
        phase = 'done'
        this.#env.clock.clearTimeout(timer)
        resolve(answer ?? missing)
      })
    })
  }
}
