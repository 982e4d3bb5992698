import { AccessToken } from '../access-token'
import { JsonProvider } from '../json-provider'
import { refusedPush } from '../outcomes'
import type { Alert, CheckResult, Outcome, PushTarget } from '../provider'
import { callService, type ServiceAnswer } from '../service-call'
import { fetchAccessToken } from './access-token'
import { isAboutToken, isStaleToken, toOutcome } from './answers'
import { toFcmMessage } from './fcm-message'
import type { FcmSettings } from './settings'

/** Registration tokens have no documented form beyond these characters. */
const TOKEN = /^[\w:.~%-]{20,4096}$/
const IMPOSSIBLE_TOKEN = 'herald-check-credentials'

/** Firebase Cloud Messaging, HTTP v1, with a service account. */
export class FcmProvider extends JsonProvider {
  readonly name = 'fcm'
  readonly app: string
  readonly clears = true
  /**
   * Notification messages of an app collapse, whatever their `collapse_key` and tag are: Google, "Collapsible and
   * non-collapsible messages".
   */
  readonly keeps = 'newest'
  protected override readonly tokenForm = TOKEN
  readonly #settings: FcmSettings
  readonly #token: AccessToken

  /** @param now ms since 1970 */
  constructor(settings: FcmSettings, now: () => number = Date.now) {
    super(now)
    this.app = settings.packageName
    this.#settings = settings
    this.#token = new AccessToken((signal) => fetchAccessToken(settings, now, signal), now)
  }

  protected async push(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    const message = toFcmMessage(alert, target.token, this.app, this.now())
    if (typeof message === 'string') return refusedPush(message)
    return toOutcome(await this.#post({ message }, signal), this.now())
  }

  /** Has FCM validate a push to a token that cannot exist: it looks at the credentials first. Nothing is sent. */
  protected async ask(signal: AbortSignal): Promise<CheckResult> {
    const message = { token: IMPOSSIBLE_TOKEN, data: { check: '1' } }
    const answer = await this.#post({ validate_only: true, message }, signal)
    if (isAboutToken(answer.json)) return { ok: true, detail: 'the credentials are good' }
    const outcome = toOutcome(answer, this.now())
    return { ok: false, detail: 'why' in outcome ? outcome.why : 'FCM took a push that it had to refuse' }
  }

  protected override release(): void {
    this.#token.close()
  }

  #post(body: object, signal: AbortSignal): Promise<ServiceAnswer> {
    return this.#token.use(signal, (token) => this.#postWith(token, body, signal), isStaleToken)
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
