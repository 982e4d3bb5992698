import { foreignTarget, notSent, outcomeOfError, refusedPush } from '../outcomes'
import type { Alert, CheckResult, Outcome, Provider, PushTarget } from '../provider'
import { callService, type ServiceAnswer } from '../service-call'
import { isAboutToken, isStaleToken, toOutcome } from './answers'
import { BearerToken } from './bearer-token'
import { toHmsRecall, toHmsRequest } from './hms-message'
import type { HmsSettings } from './settings'

/** Push tokens have no documented form beyond these characters. */
const TOKEN = /^[\w.:~%+/=-]{20,4096}$/
const IMPOSSIBLE_TOKEN = 'herald-check-credentials'
/** Alert messages; the others are for calls, cards and reading aloud. */
const PUSH_TYPE_ALERT = '0'

interface HmsRequest {
  readonly path: string
  readonly body: object
}

/** Huawei's Push Kit (HarmonyOS), v3, with a service account. */
export class HmsProvider implements Provider {
  readonly name = 'hms'
  readonly app: string
  /** Recalls are addressed by the client id. They leave the badge as it is. */
  readonly clears: boolean
  readonly #settings: HmsSettings
  readonly #now: () => number
  readonly #token: BearerToken
  #closed = false

  /** @param now ms since 1970 */
  constructor(settings: HmsSettings, now: () => number = Date.now) {
    this.app = settings.packageName
    this.clears = settings.clientId !== undefined
    this.#settings = settings
    this.#now = now
    this.#token = new BearerToken(settings, now)
  }

  async send(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    if (this.#closed) return notSent('the gateway is shutting down')
    if (signal.aborted) return notSent('it was stopped before it was sent')
    const foreign = foreignTarget(target, this.app, TOKEN)
    if (foreign !== undefined) return refusedPush(foreign)
    const request = this.#requestOf(alert, target.token)
    if (typeof request === 'string') return refusedPush(request)
    try {
      return toOutcome(await this.#post(request, signal), this.#now())
    } catch (error) {
      return outcomeOfError(error)
    }
  }

  #requestOf(alert: Alert, token: string): HmsRequest | string {
    const { projectId, clientId, category } = this.#settings
    if (alert.type === 'clear') {
      if (clientId === undefined) return 'HERALD_HMS_CLIENT_ID is not set, and recalls are addressed by it'
      return { path: `/v1/${clientId}/messages:revoke`, body: toHmsRecall(alert, token) }
    }
    const body = toHmsRequest(alert, token, category, this.#now())
    return typeof body === 'string' ? body : { path: `/v3/${projectId}/messages:send`, body }
  }

  /** Pushes to a token that cannot exist: HMS looks at the credentials first, and then refuses the token. */
  async check(signal: AbortSignal): Promise<CheckResult> {
    const { category } = this.#settings
    const notification = { category, title: 'check', body: 'check', clickAction: { actionType: 0 } }
    const body = {
      payload: { notification },
      target: { token: [IMPOSSIBLE_TOKEN] },
      pushOptions: { ttl: 1 },
    }
    try {
      const path = `/v3/${this.#settings.projectId}/messages:send`
      const answer = await this.#post({ path, body }, signal)
      if (isAboutToken(answer.json)) return { ok: true, detail: 'the credentials are good' }
      const outcome = toOutcome(answer, this.#now())
      return { ok: false, detail: 'why' in outcome ? outcome.why : 'HMS took a push that it had to refuse' }
    } catch (error) {
      const outcome = outcomeOfError(error)
      return { ok: false, detail: 'why' in outcome ? outcome.why : outcome.type }
    }
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  /** Asks once, and once more with a new token when the old one is refused. */
  async #post(request: HmsRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    const token = this.#token.current()
    const answer = await this.#postWith(token, request, signal)
    if (!isStaleToken(answer)) return answer
    this.#token.drop(token)
    return this.#postWith(this.#token.current(), request, signal)
  }

  #postWith(token: string, { path, body }: HmsRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    return callService(
      {
        method: 'POST',
        url: `${this.#settings.url}${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'push-type': PUSH_TYPE_ALERT,
        },
        body: JSON.stringify(body),
      },
      signal,
    )
  }
}
