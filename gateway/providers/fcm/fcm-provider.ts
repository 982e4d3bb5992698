import { foreignTarget, notSent, outcomeOfError, refusedPush } from '../outcomes'
import type { Alert, CheckResult, Outcome, Provider, PushTarget } from '../provider'
import { callService, type ServiceAnswer } from '../service-call'
import { AccessToken, NoAccessToken } from './access-token'
import { isAboutToken, isStaleToken, toOutcome } from './answers'
import { toFcmMessage } from './fcm-message'
import type { FcmSettings } from './settings'

/** Registration tokens have no documented form beyond these characters. */
const TOKEN = /^[\w:.~%-]{20,4096}$/
const IMPOSSIBLE_TOKEN = 'herald-check-credentials'

/** Firebase Cloud Messaging, HTTP v1, with a service account. */
export class FcmProvider implements Provider {
  readonly name = 'fcm'
  readonly app: string
  readonly clears = true
  /**
   * Notification messages of an app collapse, whatever their `collapse_key` and tag are: Google, "Collapsible and
   * non-collapsible messages".
   */
  readonly keeps = 'newest'
  readonly #settings: FcmSettings
  readonly #now: () => number
  readonly #token: AccessToken
  #closed = false

  /** @param now ms since 1970 */
  constructor(settings: FcmSettings, now: () => number = Date.now) {
    this.app = settings.packageName
    this.#settings = settings
    this.#now = now
    this.#token = new AccessToken(settings, now)
  }

  async send(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    if (this.#closed) return notSent('the gateway is shutting down')
    if (signal.aborted) return notSent('it was stopped before it was sent')
    const foreign = foreignTarget(target, this.app, TOKEN)
    if (foreign !== undefined) return refusedPush(foreign)
    const message = toFcmMessage(alert, target.token, this.app, this.#now())
    if (typeof message === 'string') return refusedPush(message)
    try {
      return toOutcome(await this.#post({ message }, signal), this.#now())
    } catch (error) {
      return failed(error)
    }
  }

  /** Has FCM validate a push to a token that cannot exist: it looks at the credentials first. Nothing is sent. */
  async check(signal: AbortSignal): Promise<CheckResult> {
    const message = { token: IMPOSSIBLE_TOKEN, data: { check: '1' } }
    try {
      const answer = await this.#post({ validate_only: true, message }, signal)
      if (isAboutToken(answer.json)) return { ok: true, detail: 'the credentials are good' }
      const outcome = toOutcome(answer, this.#now())
      return { ok: false, detail: 'why' in outcome ? outcome.why : 'FCM took a push that it had to refuse' }
    } catch (error) {
      const outcome = failed(error)
      return { ok: false, detail: 'why' in outcome ? outcome.why : outcome.type }
    }
  }

  close(): Promise<void> {
    this.#closed = true
    this.#token.close()
    return Promise.resolve()
  }

  /** Asks once, and once more with a new access token when the old one is refused. */
  async #post(body: object, signal: AbortSignal): Promise<ServiceAnswer> {
    const token = await this.#token.get(signal)
    const answer = await this.#postWith(token, body, signal)
    if (!isStaleToken(answer)) return answer
    this.#token.drop(token)
    return this.#postWith(await this.#token.get(signal), body, signal)
  }

  #postWith(token: string, body: object, signal: AbortSignal): Promise<ServiceAnswer> {
    const { url, projectId } = this.#settings
    return callService(
      {
        method: 'POST',
        url: `${url}/v1/projects/${projectId}/messages:send`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      signal,
    )
  }
}

const failed = (error: unknown): Outcome =>
  error instanceof NoAccessToken ? error.outcome : outcomeOfError(error)
