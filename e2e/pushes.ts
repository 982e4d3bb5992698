import { createECDH, randomBytes } from 'node:crypto'
import type { BrowserContext, CDPSession, Page, Worker } from 'playwright-core'
import { until } from './until'

/** A P-256 point, base64url: a VAPID key, or the key of a subscription. */
export const newPublicKey = (): string => createECDH('prime256v1').generateKeys('base64url', 'uncompressed')

/**
 * Chromium without a network has no push service: `subscribe()` never settles. The page gets a subscription that looks
 * like a real one; the events that belong to it come by `PushService.deliver`.
 */
export async function fakeSubscriptions(device: BrowserContext): Promise<void> {
  const made = { p256dh: newPublicKey(), auth: randomBytes(16).toString('base64url') }
  await device.addInitScript((keys) => {
    // Absent where the page has no service workers.
    if (!('PushManager' in globalThis)) return
    let current: object | null = null
    PushManager.prototype.getSubscription = () => Promise.resolve(current as PushSubscription | null)
    PushManager.prototype.subscribe = (options) => {
      const text = (options?.applicationServerKey as string).replace(/-/g, '+').replace(/_/g, '/')
      const applicationServerKey = Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer
      const endpoint = 'https://fcm.googleapis.com/fcm/send/fake'
      current = {
        endpoint,
        options: { userVisibleOnly: true, applicationServerKey },
        toJSON: () => ({ endpoint, expirationTime: null, keys }),
        unsubscribe: () => {
          current = null
          return Promise.resolve(true)
        },
      }
      return Promise.resolve(current as unknown as PushSubscription)
    }
  }, made)
}

/** A gateway that was given no keys for Web Push gets one, as far as the page can see. */
export async function offerWebPush(device: BrowserContext): Promise<void> {
  const publicKey = newPublicKey()
  await device.route('**/v1/push', async (route) => {
    // The page may still ask when the test is over and its gateway is gone.
    const response = await route.fetch().catch(() => undefined)
    if (response === undefined) return route.abort()
    const offered = (await response.json()) as { webPush: unknown }
    await route.fulfill({ response, json: { ...offered, webPush: offered.webPush ?? { publicKey } } })
  })
}

/** Brings push events into the real service worker, as the browser does when its push service has something. */
export class PushService {
  readonly #session: CDPSession
  readonly #origin: string
  #registration = ''

  private constructor(session: CDPSession, origin: string) {
    this.#session = session
    this.#origin = origin
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL, isDeleted }) => !isDeleted && scopeURL.startsWith(origin))
      if (own) this.#registration = own.registrationId
    })
  }

  /** @param page any page of the device; it need not be the app's. */
  static async open(page: Page, origin: string): Promise<PushService> {
    const session = await page.context().newCDPSession(page)
    const service = new PushService(session, origin)
    await session.send('ServiceWorker.enable')
    return service
  }

  async deliver(payload: object): Promise<void> {
    const registrationId = await until(() => this.#registration, 'the worker’s registration')
    const data = JSON.stringify(payload)
    await this.#session.send('ServiceWorker.deliverPushMessage', {
      origin: this.#origin,
      registrationId,
      data,
    })
  }
}

/** What lies in the tray of an origin: titles by tag. Asked of the worker, since no page of it may be open. */
export async function trayOf(worker: Worker): Promise<Record<string, string>> {
  return worker.evaluate(async () => {
    const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration }
    const shown = await registration.getNotifications()
    return Object.fromEntries(shown.map(({ tag, title }) => [tag, title]))
  })
}
