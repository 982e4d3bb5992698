// JPush's REST API v3 as far as it is documented (https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push), for
// tests and for playing. It refuses what JPush refuses. How to script it:
//   const fake = await startJpushFake({ appKey, masterSecret })
//   const phone = fake.phones.add('1104a8979278ae64e75', { platform: 'ios', environment: 'sandbox' })
//   fake.setAlias('1104a8979278ae64e75', 'bob'); fake.setTags('1104a8979278ae64e75', ['red'])
//   phone.shown, phone.received, fake.phones.onDelivered(…)   what reached it
//   fake.refuseNext(1030, 'busy', 503)   the next push gets this code
//   fake.fail({ type: 'drop' })          the next push meets a fault of the network; on: which calls
//   phone.dormant = true                 the device is unknown: 1011
//   startJpushFake({ perMinute: 3 })     calls of one app key in a minute, X-Rate-Limit-* and 2002
// Assumed, because the documents do not say: a cid that was not given out is 1003, and so is a recall of an unknown
// push; a push for the wrong one of APNs' gates is taken and never arrives.
import { randomUUID } from 'node:crypto'
import { FakePhones, type FakePhone } from './fake-phone'
import {
  startFakeService,
  type Fault as NetworkFault,
  type FakeReply,
  type FakeRequest,
  type OnAnswered,
} from './fake-service'
import { JpushFault, readJpushMessage, type JpushMessage } from './jpush-message'
import { at, Fault, strictly, textOf, type Fields } from './strict-fields'

export interface JpushFakeOptions {
  readonly appKey: string
  readonly masterSecret: string
  readonly port?: number
  readonly onAnswered?: OnAnswered
  readonly now?: () => number
  readonly perMinute?: number
}

interface Pushed extends JpushMessage {
  readonly msgId: string
}

const MINUTE_MS = 60_000
const CID_LIFE_MS = 24 * 60 * MINUTE_MS
const OVERRIDE_LIFE_MS = CID_LIFE_MS
const MAX_CIDS = 10
const FREE_PER_MINUTE = 600

export const isJpushPush = ({ method, path }: FakeRequest): boolean =>
  method === 'POST' && path === '/v3/push'

/** Starts the fake on this machine. */
export async function startJpushFake(options: JpushFakeOptions) {
  const fake = new JpushFake(options)
  const service = await startFakeService((request) => fake.answer(request), {
    port: options.port,
    onAnswered: options.onAnswered,
  })
  return {
    url: service.url,
    requests: service.requests,
    phones: fake.phones,
    pushes: fake.pushes,
    replayed: fake.replayed,
    refused: fake.refused,
    /** Pushes to `all`. */
    broadcasts: () => fake.broadcasts,
    setAlias: (rid: string, alias: string) => void fake.aliases.set(rid, alias),
    setTags: (rid: string, tags: readonly string[]) => void fake.tags.set(rid, tags),
    fail: (fault: NetworkFault, of = isJpushPush) => service.fail(fault, of),
    refuseNext: (code: number, message: string, status = 400) =>
      void fake.refusals.push({ code, message, status }),
    close: () => service.close(),
  }
}

class JpushFake {
  readonly phones = new FakePhones()
  /** Pushes that were taken. */
  readonly pushes: Pushed[] = []
  /** The cids of repeats, which got the first answer again. */
  readonly replayed: string[] = []
  readonly refused: { readonly code: number; readonly message: string }[] = []
  readonly refusals: { readonly code: number; readonly message: string; readonly status: number }[] = []
  readonly aliases = new Map<string, string>()
  readonly tags = new Map<string, readonly string[]>()
  broadcasts = 0
  readonly #options: JpushFakeOptions
  readonly #now: () => number
  /** When each cid was given out, and the answer that its push got. */
  readonly #cids = new Map<string, { readonly since: number; answer?: FakeReply }>()
  readonly #pushedAt = new Map<string, number>()
  #window = { end: 0, calls: 0 }

  constructor(options: JpushFakeOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  answer(request: FakeRequest): FakeReply {
    const { remaining, headers } = this.#count()
    const reply =
      remaining < 0 ? this.#error(429, 2002, 'request times over the limit') : this.#checked(request)
    return { ...reply, headers: { ...headers, ...reply.headers } }
  }

  #count(): { readonly remaining: number; readonly headers: Record<string, string> } {
    const limit = this.#options.perMinute ?? FREE_PER_MINUTE
    const now = this.#now()
    if (now >= this.#window.end) this.#window = { end: now + MINUTE_MS, calls: 0 }
    this.#window.calls += 1
    const remaining = limit - this.#window.calls
    const headers = {
      'X-Rate-Limit-Limit': String(limit),
      'X-Rate-Limit-Remaining': String(Math.max(remaining, 0)),
      'X-Rate-Limit-Reset': String(Math.ceil((this.#window.end - now) / 1000)),
    }
    return { remaining, headers }
  }

  #checked(request: FakeRequest): FakeReply {
    const { appKey, masterSecret } = this.#options
    const expected = `Basic ${Buffer.from(`${appKey}:${masterSecret}`).toString('base64')}`
    if (request.headers.authorization !== expected)
      return this.#error(401, 1004, 'Basic authentication failed')
    try {
      return this.#route(request)
    } catch (error) {
      if (error instanceof JpushFault) return this.#error(400, error.code, error.message)
      if (error instanceof Fault) return this.#error(400, 1003, error.message)
      throw error
    }
  }

  #route(request: FakeRequest): FakeReply {
    const route = `${request.method} ${request.path}`
    if (route === 'GET /v3/push/cid') return this.#giveCids(Number(request.query.get('count') ?? 1))
    if (route === 'POST /v3/push') return this.#push(request)
    if (route === 'POST /v3/push/validate') {
      this.#audience(readJpushMessage(strictly.json(request.body)))
      return { status: 200, body: { sendno: '0', msg_id: '0' } }
    }
    const [, recalled] = /^DELETE \/v3\/push\/([^/]+)$/.exec(route) ?? []
    if (recalled !== undefined) return this.#recall(decodeURIComponent(recalled))
    return this.#error(405, 1001, 'only POST is taken')
  }

  #giveCids(count: number): FakeReply {
    if (!Number.isInteger(count) || count < 1 || count > MAX_CIDS) {
      throw new JpushFault(1003, `count is not 1-${MAX_CIDS}`)
    }
    const cidlist = Array.from({ length: count }, () => `${this.#options.appKey}-${randomUUID()}`)
    for (const cid of cidlist) this.#cids.set(cid, { since: this.#now() })
    return { status: 200, body: { cidlist } }
  }

  #push({ headers, body }: FakeRequest): FakeReply {
    const next = this.refusals.shift()
    if (next !== undefined) return this.#error(next.status, next.code, next.message)
    if (!String(headers['content-type']).startsWith('application/json')) {
      throw new JpushFault(1003, 'content-type is not application/json')
    }
    const message = readJpushMessage(strictly.json(body))
    const cid = this.#cidOf(message)
    if (cid?.answer !== undefined) {
      this.replayed.push(message.cid ?? '')
      return cid.answer
    }
    const answer = this.#deliver(message)
    if (cid !== undefined) cid.answer = answer
    return answer
  }

  #cidOf({ cid }: JpushMessage): { readonly since: number; answer?: FakeReply } | undefined {
    if (cid === undefined) return undefined
    const known = this.#cids.get(cid)
    if (known === undefined || this.#now() - known.since > CID_LIFE_MS)
      throw new JpushFault(1003, 'cid is invalid')
    return known
  }

  #deliver(message: JpushMessage): FakeReply {
    const overridden = message.options.override_msg_id
    if (overridden !== undefined) {
      const age = this.#now() - (this.#pushedAt.get(textOf(overridden)) ?? 0)
      if (age > OVERRIDE_LIFE_MS) throw new JpushFault(1003, 'override_msg_id names no push of the last day')
    }
    const phones = this.#audience(message)
    const msgId = String(18_000_000_000 + this.pushes.length + 1)
    this.pushes.push({ ...message, msgId })
    this.#pushedAt.set(msgId, this.#now())
    for (const phone of phones) {
      const bring = (): void => show(message, phone, msgId)
      if (phone.online || phone.platform === 'ios' || phone.maker !== null) bring()
      else phone.wait(this.#now() + Number(message.options.time_to_live ?? 86_400) * 1000, bring)
    }
    return { status: 200, body: { sendno: textOf(message.options.sendno ?? 0), msg_id: msgId } }
  }

  #audience({ audience, platforms }: JpushMessage): FakePhone[] {
    const phones = this.phones.all.filter((phone) => {
      const platform = phone.platform === 'harmony' ? 'hmos' : phone.platform
      return !phone.dormant && platforms.includes(platform) && this.#isMeant(phone.token, audience)
    })
    if (phones.length === 0) throw new JpushFault(1011, 'cannot find user by this audience')
    if (audience === 'all') this.broadcasts += 1
    return phones
  }

  #isMeant(rid: string, audience: JpushMessage['audience']): boolean {
    if (audience === 'all') return true
    return audience.every(({ kind, values }) => {
      if (kind === 'registration_id') return values.includes(rid)
      if (kind === 'alias') return values.includes(this.aliases.get(rid) ?? '\0')
      return (this.tags.get(rid) ?? []).some((tag) => values.includes(tag))
    })
  }

  #recall(msgId: string): FakeReply {
    if (!this.#pushedAt.has(msgId)) throw new JpushFault(1003, 'msg_id names no push')
    for (const phone of this.phones.all) phone.remove(msgId)
    return { status: 200, body: {} }
  }

  #error(status: number, code: number, message: string): FakeReply {
    this.refused.push({ code, message })
    return { status, body: { error: { code, message } } }
  }
}

function show(message: JpushMessage, phone: FakePhone, msgId: string): void {
  if (phone.platform === 'ios') showOnIos(message, phone, msgId)
  else {
    const part: Fields = (phone.platform === 'harmony' ? message.hmos : message.android) ?? {}
    // An empty alert is not shown.
    if (part.alert === '' || part.alert === undefined) return
    const { title = 'app', alert } = part
    const sound = part.alert_type !== 0
    phone.show({
      title: textOf(title),
      body: textOf(alert),
      payload: payloadOf(part),
      sound,
      ref: msgId,
    })
  }
}

function showOnIos({ ios, options }: JpushMessage, phone: FakePhone, msgId: string): void {
  const production = options.apns_production !== false
  if (ios === undefined || production !== (phone.environment === 'production')) return
  const key = options.apns_collapse_id
  phone.show(
    {
      title: textOf(at(ios, 'alert', 'title')),
      body: textOf(at(ios, 'alert', 'body') ?? ios.alert),
      payload: payloadOf(ios),
      sound: ios.sound !== undefined,
      ref: msgId,
    },
    typeof key === 'string' ? key : undefined,
    typeof ios.badge === 'number' ? ios.badge : undefined,
  )
}

/** What the gateway put there; a JPush plugin hands all of `extras` to the app. */
const payloadOf = (part: Fields): unknown => at(part, 'extras', 'payload')
