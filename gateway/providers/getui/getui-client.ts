import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { AccessToken, NoAccessToken, type GivenToken } from '../access-token'
import { CallFailure, callService, type ServiceAnswer, type ServiceRequest } from '../service-call'
import { outcomeOfAuth, TOKEN_INVALID, WRONG_HOST, type GetuiAnswer } from './getui-codes'
import type { GetuiSettings } from './settings'

/** A token lives a day; the vendor's own SDK asks for the next one this long before. */
const RENEW_BEFORE_MS = 3_600_000

export interface GetuiReply extends GetuiAnswer {
  readonly status: number
}

const EnvelopeSchema = v.object({
  code: v.number(),
  msg: v.optional(v.string(), ''),
  data: v.optional(v.unknown()),
})
const TokenSchema = v.object({
  token: v.pipe(v.string(), v.minLength(1)),
  /** ms since 1970, as text. */
  expire_time: v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.finite()),
})
const DomainsSchema = v.array(v.looseObject({ domainList: v.array(v.string()) }))
const HostsSchema = v.looseObject({ hostList: DomainsSchema })

/** Calls of Getui's REST API v2, with the access token and the move between data centres that they need. */
export class GetuiClient {
  readonly #settings: GetuiSettings
  readonly #now: () => number
  readonly #token: AccessToken
  #base: string

  constructor(settings: GetuiSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
    this.#base = settings.url
    this.#token = new AccessToken((signal) => this.#authenticate(signal), now)
  }

  /** Throws CallFailure, or NoAccessToken. A token that was refused is renewed once, a wrong host left once. */
  async call(path: string, body: object, signal: AbortSignal): Promise<GetuiReply> {
    const ask = (token: string) => this.#post(path, body, signal, token)
    return await this.#token.use(
      signal,
      async (token) => {
        const reply = await ask(token)
        return reply.code === WRONG_HOST && this.#moveTo(reply.data) ? await ask(token) : reply
      },
      ({ code }) => code === TOKEN_INVALID,
    )
  }

  /** Asks for a new access token, which shows whether the credentials are good. Throws NoAccessToken. */
  async authenticate(signal: AbortSignal): Promise<void> {
    await this.#token.renew(signal)
  }

  close(): void {
    this.#token.close()
  }

  async #authenticate(signal: AbortSignal): Promise<GivenToken> {
    const { appKey, masterSecret } = this.#settings
    const timestamp = String(this.#now())
    const sign = createHash('sha256').update(`${appKey}${timestamp}${masterSecret}`).digest('hex')
    const body = { sign, timestamp, appkey: appKey }
    let reply = await this.#post('/auth', body, signal)
    if (reply.code === WRONG_HOST && this.#moveTo(reply.data)) reply = await this.#post('/auth', body, signal)
    if (reply.code !== 0) throw new NoAccessToken(outcomeOfAuth(reply, this.#now()))
    const parsed = v.safeParse(TokenSchema, reply.data)
    if (!parsed.success) throw new CallFailure('the answer to /auth holds no token')
    const { token: text, expire_time: expires } = parsed.output
    return { text, expires, renewAt: expires - RENEW_BEFORE_MS }
  }

  async #post(path: string, body: object, signal: AbortSignal, token?: string): Promise<GetuiReply> {
    const request: ServiceRequest = {
      method: 'POST',
      url: `${this.#base}/v2/${encodeURIComponent(this.#settings.appId)}${path}`,
      headers: { 'content-type': 'application/json;charset=utf-8', ...(token !== undefined && { token }) },
      body: JSON.stringify(body),
    }
    const { status, json } = await this.#fetch(request, signal)
    const envelope = v.safeParse(EnvelopeSchema, json)
    if (!envelope.success) throw new CallFailure(`HTTP ${status} without an answer that Getui documents`)
    const { code, msg, data } = envelope.output
    return { status, code, msg, data }
  }

  async #fetch(request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    try {
      return await callService(request, signal)
    } catch (error) {
      // A host that we were sent to may be gone again; the one that was configured knows the way.
      this.#base = this.#settings.url
      throw error
    }
  }

  /**
   * Follows the list of hosts that comes with code 301, as the vendor's SDK does. The call holds a token, so only the
   * vendor's own domain is believed, or that of the configured address.
   */
  #moveTo(data: unknown): boolean {
    const parsed = v.safeParse(HostsSchema, data)
    const domain = parsed.success ? parsed.output.hostList.flatMap((one) => one.domainList)[0] : undefined
    if (domain === undefined || !URL.canParse(domain)) return false
    const { origin, protocol, hostname } = new URL(domain)
    const vendors = protocol === 'https:' && (hostname === 'getui.com' || hostname.endsWith('.getui.com'))
    const own = new URL(this.#settings.url)
    if (!vendors && !(protocol === own.protocol && hostname === own.hostname)) return false
    this.#base = origin
    return true
  }
}
