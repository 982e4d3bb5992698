import { CallBudget, endOfChinaDay, endOfMinute, takeOfAll } from '../call-budget'
import { JsonProvider } from '../json-provider'
import type { Alert, CheckResult, Outcome, PushTarget, Receipt, ReceiptReader } from '../provider'
import { GetuiClient, type GetuiReply } from './getui-client'
import { outcomeOfCode, outcomeOfTasks } from './getui-codes'
import { readGetuiReceipts } from './getui-receipts'
import { pushBody } from './getui-request'
import type { GetuiSettings } from './settings'

const CID = /^[0-9A-Za-z]{16,64}$/

/** uni-push by Getui's REST API v2: https://docs.getui.com/getui/server/rest_v2/push/ */
export class GetuiProvider extends JsonProvider implements ReceiptReader {
  readonly name = 'unipush'
  readonly app: string
  readonly clears = true
  protected override readonly tokenForm = CID
  readonly #settings: GetuiSettings
  readonly #client: GetuiClient
  readonly #budgets: readonly CallBudget[]

  /** @param now the clock, ms since 1970. */
  constructor(settings: GetuiSettings, now: () => number = Date.now) {
    super(now)
    this.#settings = settings
    this.app = settings.appId
    this.#client = new GetuiClient(settings, now)
    this.#budgets = [
      new CallBudget(settings.perMinute, endOfMinute),
      new CallBudget(settings.perDay, endOfChinaDay),
    ]
  }

  protected async push(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    const body = pushBody(alert, target.token, this.#settings, this.now())
    const spent = takeOfAll(this.#budgets, this.now())
    if (spent !== undefined)
      return { type: 'quota', why: 'the limit that is set here is used up', until: spent }
    const reply = await this.#client.call('/push/single/cid', body, signal)
    return outcomeOf(reply, target.token, this.now())
  }

  protected async ask(signal: AbortSignal): Promise<CheckResult> {
    await this.#client.authenticate(signal)
    return { ok: true, detail: `Getui gave out an access token for the app ${this.app}` }
  }

  readReceipts(_headers: Readonly<Record<string, string | string[] | undefined>>, body: string): Receipt[] {
    return readGetuiReceipts(body, this.#settings)
  }

  protected override release(): void {
    this.#client.close()
  }
}

function outcomeOf({ code, msg, data, status }: GetuiReply, cid: string, now: number): Outcome {
  if (code !== 0) return outcomeOfCode(code, msg, now, status)
  return outcomeOfTasks(data, cid)
}
