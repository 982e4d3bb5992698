import { parsePushPayload, type PushPayload } from '@herald/protocol'
import type { Clock } from '../../clock'
import type { Log } from '../../log'
import { readPayload } from '../../presentation/app/push-payload'
import { payloadOf, type UniPushEvent } from '../../presentation/harmony/uni-notifications'
import type { ClickTarget, Permission } from '../../presentation/presentation'
import { PushInbox } from '../push-inbox'
import type { ArrivedPush, FoundTokens, KeptSession, PushPort } from '../push-port'

/** How long the client id may take, in ms: the SDK registers with its service first. */
export const CLIENT_ID_TIMEOUT_MS = 10_000

export interface UniPushesEnv {
  readonly uni: {
    getPushClientId?(options: { success(result: { cid?: string }): void; fail(): void }): unknown
    onPushMessage?(listener: (event: UniPushEvent) => void): void
  }
  readonly permission: () => Permission
  /** Getui's app id, as the build was told; else DCloud's app id. */
  readonly app: () => string | undefined
  /** Whom pushes are meant for; null when nobody is signed in, undefined when the gateway has not said it yet. */
  readonly recipient: () => string | null | undefined
  readonly clock: Clock
  readonly log: Log
}

/** uni-push on HarmonyOS. Make it before anything waits, as the App's. */
export class UniPushes implements PushPort {
  readonly #env: UniPushesEnv
  readonly #inbox = new PushInbox()
  #onChange: () => void = () => undefined

  constructor(env: UniPushesEnv) {
    this.#env = env
    env.uni.onPushMessage?.(({ type, data }) => {
      const payload = type === 'receive' ? this.#ownPayload(payloadOf(data), false) : undefined
      // What the running app is handed, nobody has shown.
      if (payload) this.#inbox.deliver({ payload, shown: false })
    })
  }

  /** What a click on a push opens; null when it is none of ours, or was meant for somebody else. */
  takeClick(data: unknown): ClickTarget | null {
    const payload = this.#ownPayload(data, true)
    if (!payload) return null
    this.#inbox.deliver({ payload, shown: true })
    if (payload.type === 'clear') return null
    return payload.type === 'summary'
      ? { inbox: true, pushed: true }
      : { messageId: payload.id, feed: payload.feed, pushed: true }
  }

  async find(): Promise<FoundTokens> {
    if (!this.#env.uni.getPushClientId) return { none: 'module' }
    if (this.#env.permission() !== 'granted') return { none: 'permission' }
    const token = await this.#clientId()
    const app = this.#env.app()
    if (!token || !app) return { none: 'pending' }
    const registration = {
      provider: 'unipush',
      app,
      environment: 'production',
      kind: 'alert',
      token,
    } as const
    return { registrations: [registration] }
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

  #ownPayload(data: unknown, shown: boolean): PushPayload | undefined {
    if (readPayload(data)?.local === true) return undefined
    const payload = parsePushPayload(data)
    const recipient = this.#env.recipient()
    if (!payload || payload.to === recipient) return payload
    if (recipient === undefined) this.#inbox.hold({ payload, shown })
    else this.#dropForeign(payload)
    return undefined
  }

  #dropForeign({ type }: PushPayload): void {
    this.#env.log('push.foreign', { type })
  }

  /** An id that comes too late is told as a change. */
  #clientId(): Promise<string | undefined> {
    return new Promise((resolve) => {
      let phase: 'waiting' | 'late' = 'waiting'
      const timer = this.#env.clock.setTimeout(() => {
        phase = 'late'
        resolve(undefined)
      }, CLIENT_ID_TIMEOUT_MS)
      const done = (cid?: string): void => {
        this.#env.clock.clearTimeout(timer)
        resolve(cid)
        if (phase === 'late' && cid) this.#onChange()
      }
      this.#env.uni.getPushClientId?.({
        success: ({ cid }) => {
          done(cid)
        },
        fail: () => {
          done()
        },
      })
    })
  }
}
