import * as v from 'valibot'
import { NoAccessToken } from '../access-token'
import { CallBudget, endOfMinute } from '../call-budget'
import { JsonProvider } from '../json-provider'
import { refusedPush } from '../outcomes'
import type {
  Alert,
  CheckResult,
  ClearAlert,
  MessageAlert,
  Outcome,
  PushTarget,
  Receipt,
  ReceiptReader,
} from '../provider'
import { CallFailure, callService, type ServiceAnswer, type ServiceRequest } from '../service-call'
import { CidPool } from './cid-pool'
import { audienceOf } from './jpush-audience'
import { errorOf, NO_TARGET, outcomeOfFailure, resetTime } from './jpush-errors'
import { readJpushReceipts } from './jpush-receipts'
import { NO_CID, pushBody } from './jpush-request'
import type { JpushSettings } from './settings'
import { Strikes } from './strikes'

/** As many as JPush gives who does not pay. */
const CIDS_AT_ONCE = 10

const CidsSchema = v.object({ cidlist: v.pipe(v.array(v.string()), v.minLength(1)) })
const AcceptedSchema = v.object({ msg_id: v.pipe(v.union([v.string(), v.number()]), v.transform(String)) })

/** JPush by its REST API v3: https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push */
export class JpushProvider extends JsonProvider implements ReceiptReader {
  readonly name = 'jpush'
  readonly app: string
  readonly clears = true
  readonly #settings: JpushSettings
  readonly #authorization: string
  readonly #budget: CallBudget
  readonly #cids: CidPool
  readonly #strikes = new Strikes()

  /** @param now the clock, ms since 1970. */
  constructor(settings: JpushSettings, now: () => number = Date.now) {
    super(now)
    this.#settings = settings
    this.app = settings.appKey
    const credentials = Buffer.from(`${settings.appKey}:${settings.masterSecret}`).toString('base64')
    this.#authorization = `Basic ${credentials}`
    this.#budget = new CallBudget(settings.perMinute, endOfMinute)
    this.#cids = new CidPool((signal) => this.#fetchCids(CIDS_AT_ONCE, signal), now)
  }

  async prepare(signal: AbortSignal): Promise<string> {
    if (this.closed) throw new CallFailure('the provider is closed')
    try {
      return await this.#cids.take(signal)
    } catch (error) {
      // `send` has the words for it.
      if (error instanceof NoAccessToken) return NO_CID
      throw error
    }
  }

  protected push(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    return alert.type === 'clear' ? this.#recall(alert, signal) : this.#ring(target, alert, signal)
  }

  protected async ask(signal: AbortSignal): Promise<CheckResult> {
    await this.#fetchCids(1, signal)
    return { ok: true, detail: `JPush knows the key and secret of the app ${this.app}` }
  }

  readReceipts(headers: Readonly<Record<string, string | string[] | undefined>>, body: string): Receipt[] {
    return readJpushReceipts(headers.authorization, this.#authorization, body, this.now())
  }

  protected override release(): void {
    this.#cids.close()
  }

  async #ring(target: PushTarget, alert: MessageAlert, signal: AbortSignal): Promise<Outcome> {
    const audience = audienceOf(target, this.#settings)
    if (typeof audience === 'string') return refusedPush(audience)
    const body = pushBody(target, audience, alert, this.#settings, this.now())
    const spent = this.#takeCall()
    if (spent !== undefined) return spent
    const answer = await this.#call('POST', '/v3/push', signal, body)
    const accepted = v.safeParse(AcceptedSchema, answer.json)
    if (answer.status === 200 && accepted.success && errorOf(answer) === undefined) {
      this.#strikes.forgive(target.token)
      return { type: 'accepted', ref: accepted.output.msg_id }
    }
    const one = 'registration_id' in audience
    if (one && errorOf(answer)?.code === NO_TARGET && this.#strikes.add(target.token, this.now())) {
      return { type: 'gone', why: `${NO_TARGET}: JPush has known no such device for a day` }
    }
    return this.#failed(answer, one)
  }

  /** Takes back what is on its way, and what is shown and was not touched (SDK 3.5 on Android, 3.2.8 on iOS). */
  async #recall({ ref }: ClearAlert, signal: AbortSignal): Promise<Outcome> {
    if (ref === undefined) return refusedPush('it is not known how JPush called the push')
    const spent = this.#takeCall()
    if (spent !== undefined) return spent
    const answer = await this.#call('DELETE', `/v3/push/${encodeURIComponent(ref)}`, signal)
    const done = answer.status >= 200 && answer.status < 300 && errorOf(answer) === undefined
    return done ? { type: 'accepted', ref } : this.#failed(answer, false)
  }

  #failed(answer: ServiceAnswer, one: boolean): Outcome {
    const now = this.now()
    if (answer.status === 429) this.#budget.exhaust(now, resetTime(answer, now))
    return outcomeOfFailure(answer, one, now)
  }

  #takeCall(): Outcome | undefined {
    const until = this.#budget.take(this.now())
    return until === undefined
      ? undefined
      : { type: 'quota', why: 'the calls that JPush takes in a minute are used up', until }
  }

  /** Throws NoAccessToken when JPush refuses our key and secret, and CallFailure. */
  async #fetchCids(count: number, signal: AbortSignal): Promise<string[]> {
    // It counts like a push, and is not held back: without it nothing can be sent.
    this.#budget.take(this.now())
    const answer = await this.#call('GET', `/v3/push/cid?count=${count}&type=push`, signal)
    const parsed = v.safeParse(CidsSchema, answer.json)
    if (answer.status === 200 && parsed.success) return parsed.output.cidlist
    const outcome = outcomeOfFailure(answer, false, this.now())
    if (outcome.type === 'refused' && outcome.blame === 'credentials') throw new NoAccessToken(outcome)
    throw new CallFailure(`JPush gave out no cid: ${'why' in outcome ? outcome.why : 'no cid'}`)
  }

  async #call(
    method: ServiceRequest['method'],
    path: string,
    signal: AbortSignal,
    body?: object,
  ): Promise<ServiceAnswer> {
    const headers = { authorization: this.#authorization, 'content-type': 'application/json' }
    const request = { method, url: `${this.#settings.url}${path}`, headers }
    return callService(body === undefined ? request : { ...request, body: JSON.stringify(body) }, signal)
  }
}
