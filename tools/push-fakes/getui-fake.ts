// Getui's REST API v2 as far as it is documented (https://docs.getui.com/getui/server/rest_v2/), for tests and for
// playing. It refuses what Getui refuses. How to script it:
//   const fake = await startGetuiFake({ appId, appKey, masterSecret })
//   const phone = fake.phones.add('a'.repeat(32), { platform: 'android', online: false, maker: 'hw' })
//   phone.shown, phone.received, fake.phones.onDelivered(…)   what reached it
//   fake.refuseNext(30019, 'busy')       the next push gets this code
//   fake.fail({ type: 'hang' })          the next push meets a fault of the network
//   fake.expireTokens()                  every access token is invalid: 10001
//   fake.moveTo(url)                     every call is told 301: the app lives there
//   phone.dormant = true                 successed_ignore
// Assumed, because the documents do not say: a wrong sign and a wrong appId are 20001; a repeated request_id is answered like a push that
// was taken.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { FakePhones } from './fake-phone'
import {
  startFakeService,
  type Fault as NetworkFault,
  type FakeReply,
  type FakeRequest,
  type OnAnswered,
} from './fake-service'
import { deliverGetui } from './getui-delivery'
import { readGetuiMessage, type GetuiMessage } from './getui-message'
import { Fault, strictly, textOf } from './strict-fields'

export interface GetuiFakeOptions {
  readonly appId: string
  readonly appKey: string
  readonly masterSecret: string
  readonly port?: number
  readonly onAnswered?: OnAnswered
  readonly now?: () => number
  /** Pushes a minute and a China day; 0 is no limit. */
  readonly perMinute?: number
  readonly perDay?: number
  readonly tokenLifeMs?: number
}

interface Refusal {
  readonly status: number
  readonly code: number
  readonly msg: string
  readonly data?: unknown
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const CHINA_OFFSET_MS = 8 * 60 * MINUTE_MS
const AUTHS_PER_MINUTE = 100
const MAX_SKEW_MS = 10 * MINUTE_MS

export const isGetuiPush = ({ path }: FakeRequest): boolean => path.includes('/push/')

/** Starts the fake on this machine. */
export async function startGetuiFake(options: GetuiFakeOptions) {
  const fake = new GetuiFake(options)
  const service = await startFakeService((request) => fake.answer(request), {
    port: options.port,
    onAnswered: options.onAnswered,
  })
  return {
    url: service.url,
    requests: service.requests,
    phones: fake.phones,
    pushes: fake.pushes,
    dropped: fake.dropped,
    refused: fake.refused,
    fail: (fault: NetworkFault, of = isGetuiPush) => service.fail(fault, of),
    refuseNext: (code: number, msg: string, status = 400) => void fake.refusals.push({ code, msg, status }),
    expireTokens: () => fake.tokens.clear(),
    moveTo: (url: string | undefined) => void (fake.movedTo = url),
    /** A callback body as Getui would post it. */
    receipt: (ref: string, cid: string, actionId: string, changes: object = {}) =>
      fake.receipt(ref, cid, actionId, changes),
    close: () => service.close(),
  }
}

class GetuiFake {
  readonly phones = new FakePhones()
  /** Pushes that were taken. */
  readonly pushes: (GetuiMessage & { readonly taskId: string })[] = []
  /** Repeated request ids: answered with success, and thrown away. */
  readonly dropped: string[] = []
  readonly refused: { readonly code: number; readonly msg: string }[] = []
  readonly refusals: Refusal[] = []
  readonly tokens = new Map<string, number>()
  movedTo: string | undefined
  readonly #options: GetuiFakeOptions
  readonly #now: () => number
  readonly #counts = new Map<string, number>()

  constructor(options: GetuiFakeOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  answer(request: FakeRequest): FakeReply {
    const refusal = this.#moved() ?? this.#handle(request)
    if ('status' in refusal) {
      const { status, code, msg, data } = refusal
      this.refused.push({ code, msg })
      return { status, body: { code, msg, ...(data !== undefined && { data }) } }
    }
    return { status: 200, body: { code: 0, msg: 'success', data: refusal.data } }
  }

  receipt(ref: string, cid: string, actionId: string, changes: object): string {
    const { appId, masterSecret } = this.#options
    const msgid = randomBytes(8).toString('hex')
    const sign = createHash('md5').update(`${appId}${cid}${ref}${msgid}${masterSecret}`).digest('hex')
    const line = { appid: appId, cid, taskid: ref, msgid, sign, actionId, code: '200', desc: 'success' }
    return `${JSON.stringify({ ...line, recvtime: this.#now(), ...changes })}\n`
  }

  #moved(): Refusal | undefined {
    if (this.movedTo === undefined) return undefined
    const data = { domainHash: randomUUID(), hostList: [{ domainList: [this.movedTo] }] }
    return { status: 200, code: 301, msg: 'domain changed', data }
  }

  #handle(request: FakeRequest): Refusal | { readonly data: unknown } {
    const prefix = `/v2/${this.#options.appId}`
    if (!request.path.startsWith(`${prefix}/`)) return { status: 400, code: 20001, msg: 'appid is invalid' }
    const route = `${request.method} ${request.path.slice(prefix.length)}`
    try {
      if (route === 'POST /auth') return this.#authenticate(request)
      const expires = this.tokens.get(String(request.headers.token)) ?? 0
      if (expires <= this.#now()) return { status: 401, code: 10001, msg: 'token is invalid' }
      if (route === 'POST /push/single/cid') return this.#push(request)
      return { status: 404, code: 404, msg: 'no such interface' }
    } catch (error) {
      if (error instanceof Fault) return { status: 400, code: 20001, msg: error.message }
      throw error
    }
  }

  #authenticate({ body }: FakeRequest): Refusal | { readonly data: unknown } {
    const { appKey, masterSecret, tokenLifeMs = DAY_MS } = this.#options
    if (this.#count('auth', MINUTE_MS) > AUTHS_PER_MINUTE) {
      return { status: 401, code: 10003, msg: 'too many auth requests in a minute' }
    }
    const { sign, timestamp, appkey } = strictly.json(body)
    // The documents say text; the vendor's own SDK for Java sends a number.
    const time = strictly.text(textOf(timestamp), 'timestamp, in ms,', 13, 13)
    const expected = createHash('sha256').update(`${appKey}${time}${masterSecret}`).digest('hex')
    if (appkey !== appKey || sign !== expected) return { status: 400, code: 20001, msg: 'sign is invalid' }
    if (Math.abs(Number(time) - this.#now()) > MAX_SKEW_MS) {
      return { status: 400, code: 20001, msg: 'timestamp is invalid' }
    }
    const token = randomBytes(32).toString('hex')
    const expires = this.#now() + tokenLifeMs
    this.tokens.set(token, expires)
    return { data: { token, expire_time: String(expires) } }
  }

  #push(request: FakeRequest): Refusal | { readonly data: unknown } {
    const next = this.refusals.shift()
    if (next !== undefined) return next
    if (!String(request.headers['content-type']).startsWith('application/json')) {
      return { status: 400, code: 20001, msg: 'content-type is not application/json' }
    }
    const message = readGetuiMessage(strictly.json(request.body))
    const limited = this.#limited()
    if (limited !== undefined) return limited
    const phone = this.phones.get(message.cid)
    if (phone === undefined) return { status: 400, code: 20001, msg: 'target user is invalid' }
    const taskId = `RASS_${String(this.pushes.length + 1).padStart(4, '0')}_${randomBytes(8).toString('hex')}`
    if (this.pushes.some(({ requestId }) => requestId === message.requestId)) {
      this.dropped.push(message.requestId)
      return { data: { [taskId]: { [message.cid]: 'successed_offline' } } }
    }
    this.pushes.push({ ...message, taskId })
    const wasOnline = phone.online
    if (!phone.dormant) deliverGetui(message, phone, taskId, this.#now())
    const status = phone.dormant ? 'successed_ignore' : wasOnline ? 'successed_online' : 'successed_offline'
    return { data: { [taskId]: { [message.cid]: status } } }
  }

  #limited(): Refusal | undefined {
    const { perMinute = 0, perDay = 0 } = this.#options
    if (perMinute > 0 && this.#count('minute', MINUTE_MS) > perMinute) {
      return { status: 401, code: 10005, msg: 'too many requests in a minute' }
    }
    if (perDay > 0 && this.#count('day', DAY_MS) > perDay) {
      return { status: 403, code: 30004, msg: 'the push number of today is over limit' }
    }
    return undefined
  }

  /** Counts within the window of the clock, days as in China. */
  #count(what: string, windowMs: number): number {
    const window = `${what} ${Math.floor((this.#now() + CHINA_OFFSET_MS) / windowMs)}`
    const count = (this.#counts.get(window) ?? 0) + 1
    this.#counts.set(window, count)
    return count
  }
}
