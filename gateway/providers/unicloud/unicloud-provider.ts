import * as v from 'valibot'
import { CallBudget, endOfChinaDay, endOfMinute, takeOfAll } from '../call-budget'
import { outcomeOfCode, outcomeOfTasks } from '../getui/getui-codes'
import { JsonProvider } from '../json-provider'
import { refusedCredentials, refusedPush, retryLater, unknownOutcome } from '../outcomes'
import type { Alert, CheckResult, Outcome, PushTarget } from '../provider'
import { callService, type ServiceAnswer } from '../service-call'
import type { UnicloudSettings } from './settings'
import { sendMessageArgument, signedHeaders } from './unicloud-request'

const CID = /^[0-9A-Za-z]{16,64}$/
/** The function reads its one field by this version. */
const FUNCTION_VERSION = 1
/** uni-cloud-s2s: its configuration is wrong, and the signature is. */
const S2S_CODES = new Set(['50000', '51000'])
const GETUI_CODE = /^uni-cloud-push-error-(\d+)$/

const AnswerSchema = v.object({
  errCode: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
  errMsg: v.optional(v.nullable(v.string()), ''),
  data: v.optional(v.unknown()),
})

/**
 * uni-push 2.0 by the address of a function in one's own uniCloud space: docs/push/unicloud-function/index.js. It
 * always answers 200, so what counts is `errCode`.
 */
export class UnicloudProvider extends JsonProvider {
  readonly name = 'unipush'
  readonly app = undefined
  readonly clears = true
  protected override readonly tokenForm = CID
  readonly #settings: UnicloudSettings
  readonly #budgets: readonly CallBudget[]

  /** @param now the clock, ms since 1970. */
  constructor(settings: UnicloudSettings, now: () => number = Date.now) {
    super(now)
    this.#settings = settings
    this.#budgets = [
      new CallBudget(settings.perMinute, endOfMinute),
      new CallBudget(settings.perDay, endOfChinaDay),
    ]
  }

  protected async push(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    const now = this.now()
    const argument = sendMessageArgument(alert, target.token, this.#settings, now)
    const spent = takeOfAll(this.#budgets, now)
    if (spent !== undefined)
      return { type: 'quota', why: 'the limit that is set here is used up', until: spent }
    const answer = await this.#post({ action: 'send', push: JSON.stringify(argument) }, signal)
    return outcomeOf(answer, target.token, this.now())
  }

  protected async ask(signal: AbortSignal): Promise<CheckResult> {
    const outcome = outcomeOf(await this.#post({ action: 'check' }, signal), '', this.now())
    if (outcome.type === 'accepted') return { ok: true, detail: 'the function in uniCloud knows the key' }
    return { ok: false, detail: `the function in uniCloud answered: ${outcome.why}` }
  }

  async #post(fields: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ServiceAnswer> {
    const body = { ...fields, version: FUNCTION_VERSION }
    const headers = {
      // As it is: uni-cloud-s2s compares the type, and knows no parameters.
      'content-type': 'application/json',
      ...signedHeaders(body, this.#settings.signKey, this.now()),
    }
    return callService(
      { method: 'POST', url: this.#settings.url, headers, body: JSON.stringify(body) },
      signal,
    )
  }
}

function outcomeOf({ status, json }: ServiceAnswer, cid: string, now: number): Outcome {
  const parsed = v.safeParse(AnswerSchema, json)
  if (!parsed.success) return outcomeOfStatus(status)
  const { errCode, errMsg, data } = parsed.output
  const why = `${errCode} ${errMsg ?? ''}`.trim().slice(0, 200)
  if (errCode === '0') return outcomeOfTasks(data, cid)
  if (S2S_CODES.has(errCode)) return refusedCredentials(`uni-cloud-s2s refused the request: ${why}`)
  const code = GETUI_CODE.exec(errCode)?.[1]
  if (code !== undefined) return outcomeOfCode(Number(code), errMsg ?? '', now)
  if (errCode.startsWith('herald-')) return refusedPush(why)
  // Also what uniCloud answers when the function failed or ran out of time after it had called uni-push.
  return unknownOutcome(why)
}

/** An answer that is not the function's: uniCloud's own, or that of something between. */
function outcomeOfStatus(status: number): Outcome {
  if (status === 429 || status === 503) return retryLater(`HTTP ${status}: uniCloud is busy`)
  if (status === 401 || status === 403 || status === 404) {
    return refusedCredentials(`HTTP ${status}: there is no such function at HERALD_UNICLOUD_URL`)
  }
  return unknownOutcome(`HTTP ${status} without an answer of the function’s form`)
}
