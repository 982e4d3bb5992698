/**
 * A push service of a browser (RFC 8030, 8188, 8291, 8292), with its browsers: it refuses what services refuse, and
 * decrypts what it delivers.
 *
 * ```ts
 * const fake = await startWebPushFake()
 * const { endpoint, keys } = fake.newSubscription(vapidPublicKey)
 * fake.newSubscription(vapidPublicKey, 'firefox-android')   // takes less, as Mozilla does for phones: 413
 * fake.newSubscription(vapidPublicKey, 'edge')              // says why in headers, as WNS does; 406 is its 429
 * fake.delivered; fake.refused; fake.onDelivered((push) => …)
 * fake.end(endpoint)                    // from now on 410
 * fake.setOnline(endpoint, false)       // pushes wait, by topic and TTL, until it is online again
 * fake.script({ status: 429, headers: { 'retry-after': '5' } }, 'hang')   // the next two pushes
 * ```
 */
import { createECDH, randomBytes, type ECDH } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decryptAsBrowser, refuseHeaders, refuseVapid, type Refusal } from './webpush-rules'

/** A push that a browser got. */
export interface WebPushDelivery {
  readonly endpoint: string
  readonly plaintext: string
  readonly topic: string | undefined
  readonly urgency: string
  readonly ttl: number
}

/** What the next push meets instead of its answer. `hang` and `drop` are of a service that took nothing. */
export type WebPushFault =
  | 'hang'
  | 'drop'
  | 'nonsense'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }

/** What kind of browser a subscription is of: services treat some differently. */
export type BrowserKind = 'any' | 'firefox-android' | 'edge'

/** Mozilla, for a phone: "limited to 3070 bytes" (SherClockHolmes/webpush-go#23). */
const MAX_BRIDGED_BYTES = 3070

interface Browser {
  readonly endpoint: string
  readonly kind: BrowserKind
  readonly vapidKey: string
  readonly secret: ECDH
  readonly auth: Buffer
  online: boolean
  ended: boolean
  waiting: (WebPushDelivery & { readonly until: number })[]
}

export interface WebPushFakeOptions {
  readonly port?: number
  /** ms since 1970. */
  readonly now?: () => number
}

/** A running fake. */
export class WebPushFake {
  readonly delivered: WebPushDelivery[] = []
  readonly refused: Refusal[] = []
  /** Pushes that came, faults included. */
  received = 0
  url = ''
  readonly #now: () => number
  readonly #browsers = new Map<string, Browser>()
  readonly #faults: WebPushFault[] = []
  readonly #listeners: ((push: WebPushDelivery) => void)[] = []
  readonly #refusalListeners: ((refusal: Refusal) => void)[] = []
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      // A fault of the fake must be seen where it is used, and not as a hanging call.
      response.writeHead(599).end(`fault in the fake: ${String(error)}`)
    })
  })

  constructor(now: () => number) {
    this.#now = now
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    this.url = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  /** What `PushManager.subscribe` gives a page. */
  newSubscription(
    vapidKey: string,
    kind: BrowserKind = 'any',
  ): { endpoint: string; keys: { p256dh: string; auth: string } } {
    const secret = createECDH('prime256v1')
    const p256dh = secret.generateKeys().toString('base64url')
    const auth = randomBytes(16)
    const path = `/push/${randomBytes(24).toString('base64url')}`
    const endpoint = this.url + path
    const state = { online: true, ended: false, waiting: [] }
    this.#browsers.set(path, { endpoint, kind, vapidKey, secret, auth, ...state })
    return { endpoint, keys: { p256dh, auth: auth.toString('base64url') } }
  }

  onDelivered(listener: (push: WebPushDelivery) => void): void {
    this.#listeners.push(listener)
  }

  onRefused(listener: (refusal: Refusal) => void): void {
    this.#refusalListeners.push(listener)
  }

  script(...faults: readonly WebPushFault[]): void {
    this.#faults.push(...faults)
  }

  end(endpoint: string): void {
    this.#browserOf(endpoint).ended = true
  }

  setOnline(endpoint: string, online: boolean): void {
    const browser = this.#browserOf(endpoint)
    browser.online = online
    if (!online) return
    for (const push of browser.waiting.splice(0)) if (push.until > this.#now()) this.#deliver(push)
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #browserOf(endpoint: string): Browser {
    const browser = this.#browsers.get(new URL(endpoint).pathname)
    if (browser === undefined) throw new Error(`there is no subscription ${endpoint}`)
    return browser
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    if (request.method !== 'POST') {
      response.writeHead(405).end()
      return
    }
    this.received++
    const fault = this.#faults.shift()
    if (fault === 'hang') return
    if (fault === 'drop') response.destroy()
    else if (fault === 'nonsense') request.socket.end('HTTP/1.1 two hundred\r\n\r\n')
    else if (fault !== undefined) response.writeHead(fault.status, fault.headers).end(fault.body)
    else this.#answer(request, response, body)
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const browser = this.#browsers.get(request.url ?? '')
    const refusal = this.#refuse(browser, request, body)
    if (refusal !== undefined || browser === undefined) {
      const { status, reason } = refusal ?? { status: 404, reason: 'no such subscription' }
      this.refused.push({ status, reason })
      for (const listener of this.#refusalListeners) listener({ status, reason })
      if (browser?.kind === 'edge')
        response.writeHead(status, { 'x-wns-status': 'dropped', 'x-wns-error-description': reason }).end()
      else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ reason }))
      return
    }
    this.#take(browser, request, body)
    const location = `${this.url}/message/${randomBytes(9).toString('base64url')}`
    response.writeHead(201, { location, ttl: request.headers.ttl }).end()
  }

  #refuse(browser: Browser | undefined, { headers }: IncomingMessage, body: Buffer): Refusal | undefined {
    if (browser === undefined) return undefined
    if (browser.ended) return { status: 410, reason: 'Unregistered' }
    if (browser.kind === 'firefox-android' && body.length > MAX_BRIDGED_BYTES)
      return { status: 413, reason: `limited to ${String(MAX_BRIDGED_BYTES)} bytes for this device` }
    return (
      refuseHeaders(headers, body.length) ??
      refuseVapid(headers.authorization, this.url, browser.vapidKey, this.#now())
    )
  }

  #take(browser: Browser, { headers }: IncomingMessage, body: Buffer): void {
    const push = {
      endpoint: browser.endpoint,
      // RFC 8291 §4: a push without a body is one without data.
      plaintext: body.length === 0 ? '' : decryptAsBrowser(body, browser.secret, browser.auth),
      topic: headers.topic as string | undefined,
      urgency: String(headers.urgency ?? 'normal'),
      ttl: Number(headers.ttl),
    }
    if (browser.online) {
      this.#deliver(push)
      return
    }
    // RFC 8030 §5.2: with TTL 0 it is for now or never. §5.4: a topic replaces what waits.
    if (push.ttl === 0) return
    browser.waiting = browser.waiting.filter(({ topic }) => topic === undefined || topic !== push.topic)
    browser.waiting.push({ ...push, until: this.#now() + push.ttl * 1000 })
  }

  #deliver(push: WebPushDelivery): void {
    this.delivered.push(push)
    for (const listener of this.#listeners) listener(push)
  }
}

/** Starts a fake on this machine, without TLS. */
export async function startWebPushFake({
  port = 0,
  now = Date.now,
}: WebPushFakeOptions = {}): Promise<WebPushFake> {
  const fake = new WebPushFake(now)
  await fake.listen(port)
  return fake
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
