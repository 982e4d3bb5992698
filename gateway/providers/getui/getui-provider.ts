import { CallBudget, endOfChinaDay, endOfMinute } from '../call-budget'
import { UnfitPushError } from '../fit-payload'
import {
  foreignTarget,
  notSent,
  outcomeOfError,
  refusedCredentials,
  refusedPush,
  withoutToken,
} from '../outcomes'
import type { Alert, CheckResult, Outcome, Provider, PushTarget, Receipt, ReceiptReader } from '../provider'
import { GetuiAuthError, GetuiClient, type GetuiReply } from './getui-client'
import { outcomeOfCode, outcomeOfTasks } from './getui-codes'
import { readGetuiReceipts } from './getui-receipts'
import { pushBody } from './getui-request'
import type { GetuiSettings } from './settings'

const CID = /^[0-9A-Za-z]{16,64}$/

/** uni-push by Getui's REST API v2: https://docs.getui.com/getui/server/rest_v2/push/ */
export class GetuiProvider implements Provider, ReceiptReader {
  readonly name = 'unipush'
  readonly app: string
  readonly clears = true
  readonly #settings: GetuiSettings
  readonly #client: GetuiClient
  readonly #now: () => number
  readonly #budgets: readonly CallBudget[]
  #closed = false

  /** @param now the clock, ms since 1970. */
  constructor(settings: GetuiSettings, now: () => number = Date.now) {
    this.#settings = settings
    this.app = settings.appId
    this.#now = now
    this.#client = new GetuiClient(settings, now)
    this.#budgets = [
      new CallBudget(settings.perMinute, endOfMinute),
      new CallBudget(settings.perDay, endOfChinaDay),
    ]
  }

  async send(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    if (this.#closed) return notSent('the provider is closed')
    if (signal.aborted) return notSent('the time was up before it was sent')
    const foreign = foreignTarget(target, this.app, CID)
    if (foreign !== undefined) return refusedPush(foreign)
    try {
      const body = pushBody(alert, target.token, this.#settings, this.#now())
      const spent = this.#takeCall()
      if (spent !== undefined)
        return { type: 'quota', why: 'the limit that is set here is used up', until: spent }
      const reply = await this.#client.call('/push/single/cid', body, signal)
      return withoutToken(outcomeOf(reply, target.token, this.#now()), target)
    } catch (error) {
      if (error instanceof UnfitPushError) return refusedPush(error.message)
      if (error instanceof GetuiAuthError) return outcomeOfAuth(error.answer, this.#now())
      return outcomeOfError(error)
    }
  }

  async check(signal: AbortSignal): Promise<CheckResult> {
    try {
      await this.#client.authenticate(signal)
      return { ok: true, detail: `Getui gave out an access token for the app ${this.app}` }
    } catch (error) {
      const outcome =
        error instanceof GetuiAuthError ? outcomeOfAuth(error.answer, this.#now()) : outcomeOfError(error)
      return { ok: false, detail: 'why' in outcome ? `Getui gave out no token: ${outcome.why}` : 'no token' }
    }
  }

  readReceipts(_headers: Readonly<Record<string, string | string[] | undefined>>, body: string): Receipt[] {
    return readGetuiReceipts(body, this.#settings)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#client.close()
    return Promise.resolve()
  }

  #takeCall(): number | undefined {
    for (const budget of this.#budgets) {
      const until = budget.take(this.#now())
      if (until !== undefined) return until
    }
    return undefined
  }
}

function outcomeOf({ code, msg, data, status }: GetuiReply, cid: string, now: number): Outcome {
  if (code !== 0) return outcomeOfCode(code, msg, now, status)
  return outcomeOfTasks(data, cid)
}

/** Without a token nothing was sent, and whatever the parameters are blamed for is the credentials' fault. */
function outcomeOfAuth({ code, msg, status }: GetuiReply, now: number): Outcome {
  const outcome = outcomeOfCode(code, msg, now, status)
  if (outcome.type === 'refused' || outcome.type === 'gone') return refusedCredentials(outcome.why)
  return outcome.type === 'retry' ? { ...outcome, unknown: false } : outcome
}
