import {
  parsePushPayload,
  type PushPayload,
  type PushRegistration,
  type PushServices,
} from '@herald/protocol'
import type { Clock } from '../../clock'
import type { Permission, Translate, UnsupportedReason } from '../../presentation/presentation'
import type { ArrivedPush, FoundTokens, KeptSession, PushPort } from '../push-port'
import { sessionCache, sessionUrl } from './kept-session'
import { PushInbox } from '../push-inbox'

/** How long the browser's push service may take to answer: `subscribe()` may never settle. */
export const SUBSCRIBE_TIMEOUT_MS = 15_000

/** What the browser gives. */
export interface WebPushEnv {
  readonly permission: () => Promise<Permission>
  readonly unsupported: () => UnsupportedReason | null
  /** What `registerWorker` gives. */
  readonly registration: Promise<Pick<ServiceWorkerRegistration, 'pushManager'> | null>
  /** `navigator.serviceWorker`. */
  readonly container: Pick<ServiceWorkerContainer, 'addEventListener'> | undefined
  readonly caches: Pick<CacheStorage, 'open'> | undefined
  /** Address of the app's root. */
  readonly scope: string
  readonly namespace: string
  /** False: the count is not shown on the app's icon. */
  readonly icon?: boolean
  /** Addresses of the pictures of a notification. */
  readonly icons?: { readonly icon?: string; readonly badge?: string }
  readonly clock: Clock
  readonly t: Translate
}

/** Web Push: a subscription of the service worker (w3.org/TR/push-api). It asks nobody for permission. */
export class WebPush implements PushPort {
  readonly #env: WebPushEnv
  readonly #inbox = new PushInbox()
  #onChange: () => void = () => undefined
  /** Whom pushes are for, once this tab has registered. */
  #recipient: string | null = null
  /** One that was asked for and has not answered yet. */
  #subscribing: Promise<PushSubscription> | null = null

  constructor(env: WebPushEnv) {
    this.#env = env
    env.container?.addEventListener('message', ({ data, ports }: MessageEvent<unknown>) => {
      if (typeof data !== 'object' || data === null || !('type' in data)) return
      if (data.type === 'pushChanged') this.#onChange()
      if (data.type === 'push') this.#take(data)
      if (data.type === 'pushOffer') this.#answer(data, ports[0])
    })
  }

  async find({ webPush }: PushServices): Promise<FoundTokens> {
    const unsupported = this.#env.unsupported()
    if (unsupported !== null) return { none: unsupported }
    if ((await this.#env.permission()) !== 'granted') return { none: 'permission' }
    // Absent in some in-app browsers, whatever its type says.
    const { pushManager }: Partial<ServiceWorkerRegistration> = (await this.#env.registration) ?? {}
    if (!pushManager) return { none: 'browser' }
    if (!webPush) return { none: 'server' }
    try {
      const subscription = await this.#inTime(this.#subscribe(pushManager, webPush.publicKey))
      return { registrations: [registrationOf(subscription, webPush.publicKey)] }
    } catch {
      // The browser's push service cannot be reached, or refuses: no browser says which.
      return { none: 'failed' }
    }
  }

  onChange(handler: () => void): void {
    this.#onChange = handler
  }

  onPush(handler: (push: ArrivedPush) => void): void {
    this.#inbox.handle(handler)
  }

  async keep(session: KeptSession): Promise<void> {
    const { t, scope, caches, namespace, icon, icons } = this.#env
    const words = {
      hidden: t('alert.hidden'),
      user: t('alert.feed.user'),
      all: t('alert.feed.all'),
      summary: t('alert.summary.title', { count: 2 }).replace('2', '{count}'),
    }
    this.#recipient = session.recipient
    this.#inbox.known(session.recipient)
    const cache = await caches?.open(sessionCache(namespace))
    await cache?.put(sessionUrl(scope), new Response(JSON.stringify({ ...session, words, icon, icons })))
  }

  /** The worker leaves a push to this page when it answers in time, and shows it itself else. */
  #answer(offer: object, port: MessagePort | undefined): void {
    const payload = payloadOf(offer)
    if (!port || !payload) return
    port.onmessage = () => {
      this.#inbox.deliver({ payload, shown: false })
      port.close()
    }
    port.postMessage('here')
  }

  /** What the worker is unsure of came before it was told who is signed in. */
  #take(data: object): void {
    const payload = payloadOf(data)
    if (!payload) return
    const push = { payload, shown: 'shown' in data && data.shown === true }
    if (!('unsure' in data) || payload.to === this.#recipient) this.#inbox.deliver(push)
    else this.#inbox.hold(push)
  }

  #subscribe(manager: PushManager, publicKey: string): Promise<PushSubscription> {
    this.#subscribing ??= subscribe(manager, publicKey).finally(() => {
      this.#subscribing = null
    })
    return this.#subscribing
  }

  /** What comes too late is told as a change. */
  #inTime(subscribing: Promise<PushSubscription>): Promise<PushSubscription> {
    return new Promise((resolve, reject) => {
      let late = false
      const timer = this.#env.clock.setTimeout(() => {
        late = true
        reject(new Error('subscribe() did not answer'))
      }, SUBSCRIBE_TIMEOUT_MS)
      subscribing
        .then((subscription) => {
          if (late) this.#onChange()
          else resolve(subscription)
        }, reject)
        .finally(() => {
          this.#env.clock.clearTimeout(timer)
        })
    })
  }
}

const payloadOf = (data: object): PushPayload | undefined =>
  'payload' in data ? parsePushPayload(data.payload) : undefined

/** The subscription for this key: a gateway with a new key cannot use those of the old one (RFC 8292 §4.2). */
async function subscribe(manager: PushManager, publicKey: string): Promise<PushSubscription> {
  const existing = await manager.getSubscription()
  const key = existing?.options.applicationServerKey
  if (existing && (!key || toBase64Url(key) === withoutPadding(publicKey))) return existing
  await existing?.unsubscribe()
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: withoutPadding(publicKey) })
}

function registrationOf(subscription: PushSubscription, publicKey: string): PushRegistration {
  const { endpoint, keys } = subscription.toJSON()
  if (endpoint === undefined || keys?.p256dh === undefined || keys.auth === undefined)
    throw new Error('the subscription has no keys')
  return {
    provider: 'webpush',
    app: publicKey,
    environment: 'production',
    kind: 'alert',
    token: endpoint,
    keys: { p256dh: keys.p256dh, auth: keys.auth },
  }
}

const withoutPadding = (text: string): string => text.replace(/=+$/, '')

function toBase64Url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)))
  return withoutPadding(text.replace(/\+/g, '-').replace(/\//g, '_'))
}
