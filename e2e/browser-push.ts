import type { BrowserContext, Page } from 'playwright-core'
import { startWebPushFake, type WebPushDelivery, type WebPushFake } from '@herald/push-fakes/webpush-fake'
import { PushService } from './pushes'
import { until } from './until'

type Subscription = ReturnType<WebPushFake['newSubscription']>
type Call = (what: 'get' | 'subscribe' | 'unsubscribe', origin: string, key?: string) => Promise<Kept | null>
interface Kept {
  readonly subscription: Subscription
  readonly key: string
}

/**
 * Web Push in a Chromium without a network, whole but for the way in between: pages subscribe at the fake, the gateway
 * pushes to it, and what the fake has checked and decrypted comes to the real service worker as a push event.
 */
export class BrowserPush {
  readonly #fake: WebPushFake
  /** As the browser keeps them: over reloads, by origin. */
  readonly #kept = new Map<string, Kept>()
  readonly #services = new Map<string, PushService>()

  private constructor(fake: WebPushFake) {
    this.#fake = fake
  }

  static async start(device: BrowserContext): Promise<BrowserPush> {
    const browser = new BrowserPush(await startWebPushFake())
    await device.exposeFunction('heraldSubscriptions', (...call: Parameters<Call>) =>
      browser.#answer(...call),
    )
    await device.addInitScript(subscribeAtFake)
    browser.#fake.onDelivered((push) => {
      void browser.#deliver(push)
    })
    return browser
  }

  /** Settings of a gateway that may push to it. */
  get env(): Record<string, string> {
    return { HERALD_WEBPUSH_ALLOW: this.#fake.url, HERALD_WEBPUSH_CONTACT: 'mailto:ops@example.com' }
  }

  /** Lets pushes to an origin reach its service worker. @param page stays open, and need not be the app's. */
  async connect(page: Page, origin: string): Promise<void> {
    this.#services.set(origin, await PushService.open(page, origin))
  }

  /** What came for an origin, decrypted. */
  pushes(origin: string): { type: string; [field: string]: unknown }[] {
    return this.#fake.delivered
      .filter(({ endpoint }) => this.#originOf(endpoint) === origin)
      .map(({ plaintext }) => JSON.parse(plaintext) as { type: string })
  }

  /** What the push service refused, and why. */
  get refused(): readonly unknown[] {
    return this.#fake.refused
  }

  close(): Promise<void> {
    return this.#fake.close()
  }

  async #deliver({ endpoint, plaintext }: WebPushDelivery): Promise<void> {
    const service = this.#services.get(this.#originOf(endpoint) ?? '')
    await service?.deliver(JSON.parse(plaintext) as object)
  }

  #originOf(endpoint: string): string | undefined {
    return [...this.#kept].find(([, { subscription }]) => subscription.endpoint === endpoint)?.[0]
  }

  #answer(what: string, origin: string, key = ''): Kept | null {
    const kept = this.#kept.get(origin)
    if (what === 'unsubscribe' && kept) {
      this.#fake.end(kept.subscription.endpoint)
      this.#kept.delete(origin)
    }
    if (what === 'subscribe') this.#kept.set(origin, { subscription: this.#fake.newSubscription(key), key })
    return this.#kept.get(origin) ?? null
  }
}

/** In the page: `PushManager`, whose real one never answers without a network. */
function subscribeAtFake(): void {
  // Absent where the page has no service workers.
  if (!('PushManager' in globalThis)) return
  const { heraldSubscriptions: ask } = globalThis as unknown as { heraldSubscriptions: Call }
  const subscriptionOf = (kept: Kept | null): PushSubscription | null => {
    if (!kept) return null
    const { subscription, key } = kept
    const bytes = atob(key.replace(/-/g, '+').replace(/_/g, '/'))
    return {
      endpoint: subscription.endpoint,
      expirationTime: null,
      options: {
        userVisibleOnly: true,
        applicationServerKey: Uint8Array.from(bytes, (char) => char.charCodeAt(0)).buffer,
      },
      getKey: () => null,
      toJSON: () => ({ ...subscription, expirationTime: null }),
      unsubscribe: async () => (await ask('unsubscribe', location.origin)) === null,
    }
  }
  PushManager.prototype.getSubscription = async () => subscriptionOf(await ask('get', location.origin))
  PushManager.prototype.subscribe = async (options) => {
    const key = options?.applicationServerKey as string
    const subscription = subscriptionOf(await ask('subscribe', location.origin, key))
    if (!subscription) throw new Error('no subscription')
    return subscription
  }
}

/** What the page has told its worker of the session. */
export interface KeptSession {
  recipient: string
  body: { push: { provider: string; token: string }[] }
}

/** Waits until the real gateway took the registration of this device. @param root of the app, where that is not the page's own address */
export async function keptSession(page: Page, namespace = 'herald', root = ''): Promise<KeptSession> {
  return until(
    () =>
      page.evaluate(
        async ([name, at]) => {
          const cache = await caches.open(`${name}-session`)
          const kept = await cache.match(new URL('session', new URL(at, document.baseURI)))
          return (await kept?.json()) as KeptSession | undefined
        },
        [namespace, root] as const,
      ),
    'the device is registered',
  )
}
