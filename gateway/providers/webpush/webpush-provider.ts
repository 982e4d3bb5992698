import { createHash } from 'node:crypto'
import { type EndpointGuard, EndpointRefused } from '../endpoint-guard'
import { notSent, refusedPush, unknownOutcome, withoutToken } from '../outcomes'
import type { Alert, CheckResult, Outcome, Provider, PushTarget } from '../provider'
import { readAnswer } from './answers'
import { encryptPush, KeysUnusable } from './encryption'
import { maxPlaintext, smallerPayload, toPlaintext } from './to-plaintext'
import { post, PostFailure, type PostAnswer } from './post'
import type { VapidKeys } from './vapid-keys'
import { VapidTokens } from './vapid-tokens'

/** FCM, the largest, keeps no message longer (s). */
const MAX_TTL_S = 28 * 86_400

/** Where Chrome, Firefox, Safari and Edge have their push services. */
const KNOWN_HOSTS =
  /(?:^|\.)(fcm\.googleapis\.com|push\.services\.mozilla\.com|push\.apple\.com|notify\.windows\.com)$/

const KNOWN_SERVICES = [
  'https://fcm.googleapis.com',
  'https://updates.push.services.mozilla.com',
  'https://web.push.apple.com',
]

/** RFC 8030 §5.3, by priority 1-5. */
const URGENCIES = ['very-low', 'very-low', 'low', 'normal', 'high', 'high'] as const

export interface WebPushOptions {
  readonly keys: VapidKeys
  /** `mailto:` or `https:`; Apple refuses pushes without it. */
  readonly contact: string | undefined
  readonly guard: EndpointGuard
  /** Origins that `check` tries to reach. */
  readonly services?: readonly string[]
  /** ms since 1970. */
  readonly now?: () => number
}

interface WebPush {
  readonly url: URL
  readonly keys: NonNullable<PushTarget['keys']>
  readonly alert: Alert
  readonly ttl: number
}

/** Web Push: RFC 8030, encrypted by RFC 8291, signed by RFC 8292. The token is the subscription's endpoint. */
export class WebPushProvider implements Provider {
  readonly name = 'webpush'
  readonly clears = true
  readonly app: string
  readonly #options: WebPushOptions
  readonly #now: () => number
  readonly #tokens: VapidTokens
  #closed = false

  constructor(options: WebPushOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.app = options.keys.publicKey
    this.#tokens = new VapidTokens(options.keys, options.contact, this.#now)
  }

  /** The four known services, origins that a person has allowed, and `other`: no client can make up a name. */
  serviceOf({ token }: PushTarget): string {
    if (!URL.canParse(token)) return 'other'
    const url = new URL(token)
    return KNOWN_HOSTS.exec(url.hostname)?.[1] ?? (this.#options.guard.isAllowed(url) ? url.host : 'other')
  }

  async send(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    if (this.#closed) return notSent('the gateway is stopping')
    if (signal.aborted) return notSent('stopped before it was sent')
    // RFC 8292 §4.2: a subscription takes pushes of the key only that it was made with.
    if (target.app !== this.app)
      return { type: 'gone', why: 'the subscription was made with another VAPID key' }
    if (target.keys === undefined)
      return { type: 'gone', why: 'the subscription has no keys to encrypt with' }
    try {
      const url = this.#options.guard.read(target.token)
      const plaintext = toPlaintext(alert.payload, maxPlaintext(url.hostname))
      if (plaintext === undefined) return refusedPush('the payload is too large')
      const ttl = Math.ceil((alert.expires - this.#now()) / 1000)
      if (ttl <= 0) return refusedPush('expired before it was sent')
      if (alert.type === 'clear' && endsSilentSubscriptions(url))
        return refusedPush('Safari ends a subscription whose pushes show nothing')
      const push = { url, keys: target.keys, alert, ttl: Math.min(ttl, MAX_TTL_S) }
      return withoutToken(await this.#postOrSmaller(push, plaintext, signal), target)
    } catch (error) {
      return outcomeOf(error)
    }
  }

  /** A push that the service finds too large goes once more without its texts, which the device fetches. */
  async #postOrSmaller(push: WebPush, plaintext: Buffer, signal: AbortSignal): Promise<Outcome> {
    const trusted = this.#isTrusted(push.url)
    try {
      const answer = await this.#post(push, plaintext, signal)
      const smaller = answer.status === 413 ? smallerPayload(plaintext.toString()) : undefined
      if (smaller === undefined) return readAnswer(answer, trusted, this.#now())
      return readAnswer(await this.#post(push, Buffer.from(smaller), signal), trusted, this.#now())
    } catch (error) {
      if (!(error instanceof PostFailure) || error.cause instanceof EndpointRefused) throw error
      return { type: 'retry', why: error.message, unknown: error.sent, provider: trusted && !this.#closed }
    }
  }

  #post({ url, keys, alert, ttl }: WebPush, plaintext: Buffer, signal: AbortSignal): Promise<PostAnswer> {
    const body = encryptPush(plaintext, keys)
    const headers = {
      authorization: this.#tokens.header(url.origin),
      'content-encoding': 'aes128gcm',
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      ttl,
      urgency: alert.type === 'clear' ? 'low' : (URGENCIES[alert.priority] ?? 'normal'),
      topic: topicOf(alert.collapseId),
    }
    const agent = this.#options.guard.agentFor(url)
    return post({ method: 'POST', url, agent, headers, body }, signal)
  }

  /** A client could name a server of its own that fails on purpose: only known services count for the circuit. */
  #isTrusted(url: URL): boolean {
    return KNOWN_HOSTS.test(url.hostname) || this.#options.guard.isAllowed(url)
  }

  /** There is no account to ask about: what can be wrong is the contact, and the way to the push services. */
  async check(signal: AbortSignal): Promise<CheckResult> {
    const { contact, services = KNOWN_SERVICES } = this.#options
    const fault = contactFault(contact)
    if (fault !== undefined) return { ok: false, detail: fault }
    const reached = await Promise.all(services.map((origin) => this.#reaches(new URL(origin), signal)))
    const hosts = (wanted: boolean): string =>
      services
        .filter((_, index) => reached[index] === wanted)
        .map((origin) => new URL(origin).host)
        .join(', ')
    const away = reached.includes(false) ? `not reached: ${hosts(false)}` : ''
    const there = reached.includes(true) ? `reached: ${hosts(true)}` : ''
    return { ok: reached.includes(true), detail: [there, away].filter(Boolean).join('; ') }
  }

  async #reaches(url: URL, signal: AbortSignal): Promise<boolean> {
    try {
      await post({ method: 'GET', url, agent: this.#options.guard.agentFor(url), headers: {} }, signal)
      return true
    } catch (error) {
      if (error instanceof PostFailure) return false
      throw error
    }
  }

  close(): Promise<void> {
    this.#closed = true
    this.#options.guard.close()
    return Promise.resolve()
  }
}

/** At most 32 characters of base64url (RFC 8030 §5.4); a hash, because the id is not the push service's to know. */
function topicOf(collapseId: string): string {
  return createHash('sha256').update(collapseId).digest().subarray(0, 24).toString('base64url')
}

/** WebKit takes the permission away after three pushes that show no notification (userVisibleOnly). */
const endsSilentSubscriptions = (url: URL): boolean => /(?:^|\.)push\.apple\.com$/.test(url.hostname)

/** What is wrong with a contact, and what to do about it; undefined when nothing is. */
export function contactFault(contact: string | undefined): string | undefined {
  const advice = 'set HERALD_WEBPUSH_CONTACT to mailto: and your address'
  if (contact === undefined) return `there is no contact, and Apple refuses pushes without one: ${advice}`
  return /[@/.]localhost(?:[:/]|$)/.test(contact)
    ? `Apple refuses a contact at localhost: ${advice}`
    : undefined
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof KeysUnusable) return { type: 'gone', why: error.message }
  if (error instanceof EndpointRefused) return refusedPush(error.message)
  if (error instanceof PostFailure && error.cause instanceof EndpointRefused)
    return refusedPush(error.cause.message)
  return unknownOutcome(`fault in the gateway: ${error instanceof Error ? error.message : 'unknown'}`)
}
