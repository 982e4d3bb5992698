import { AccessToken, type GivenToken } from '../access-token'
import { JsonProvider } from '../json-provider'
import { refusedPush } from '../outcomes'
import type { Alert, CheckResult, Outcome, PushTarget } from '../provider'
import { callService, type ServiceAnswer } from '../service-call'
import { signJwt } from '../sign-jwt'
import { isAboutToken, isStaleToken, toOutcome } from './answers'
import { toHmsRecall, toHmsRequest } from './hms-message'
import type { HmsSettings } from './settings'

/** Push tokens have no documented form beyond these characters. */
const TOKEN = /^[\w.:~%+/=-]{20,4096}$/
const IMPOSSIBLE_TOKEN = 'herald-check-credentials'
/** Alert messages; the others are for calls, cards and reading aloud. */
const PUSH_TYPE_ALERT = '0'

/** Huawei: valid for an hour at most, and meant to be used again while it is. */
const TOKEN_LIFE_S = 3600
const RENEW_MS = 50 * 60_000
const AUDIENCE = 'https://oauth-login.cloud.huawei.com/oauth2/v3/token'

interface HmsRequest {
  readonly path: string
  readonly body: object
}

/** Huawei's Push Kit (HarmonyOS), v3, with a service account. */
export class HmsProvider extends JsonProvider {
  readonly name = 'hms'
  readonly app: string
  /** Recalls are addressed by the client id. They leave the badge as it is. */
  readonly clears: boolean
  protected override readonly tokenForm = TOKEN
  readonly #settings: HmsSettings
  readonly #token: AccessToken

  /** @param now ms since 1970 */
  constructor(settings: HmsSettings, now: () => number = Date.now) {
    super(now)
    this.app = settings.packageName
    this.clears = settings.clientId !== undefined
    this.#settings = settings
    this.#token = new AccessToken(() => Promise.resolve(signToken(settings, now())), now)
  }

  protected async push(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    const request = this.#requestOf(alert, target.token)
    if (typeof request === 'string') return refusedPush(request)
    return toOutcome(await this.#post(request, signal), this.now())
  }

  #requestOf(alert: Alert, token: string): HmsRequest | string {
    const { projectId, clientId, category } = this.#settings
    if (alert.type === 'clear') {
      if (clientId === undefined) return 'HERALD_HMS_CLIENT_ID is not set, and recalls are addressed by it'
      return { path: `/v1/${clientId}/messages:revoke`, body: toHmsRecall(alert, token) }
    }
    const body = toHmsRequest(alert, token, category, this.now())
    return typeof body === 'string' ? body : { path: `/v3/${projectId}/messages:send`, body }
  }

  /** Pushes to a token that cannot exist: HMS looks at the credentials first, and then refuses the token. */
  protected async ask(signal: AbortSignal): Promise<CheckResult> {
    const { category } = this.#settings
    const notification = { category, title: 'check', body: 'check', clickAction: { actionType: 0 } }
    const body = {
      payload: { notification },
      target: { token: [IMPOSSIBLE_TOKEN] },
      pushOptions: { ttl: 1 },
    }
    const path = `/v3/${this.#settings.projectId}/messages:send`
    const answer = await this.#post({ path, body }, signal)
    if (isAboutToken(answer.json)) return { ok: true, detail: 'the credentials are good' }
    const outcome = toOutcome(answer, this.now())
    return { ok: false, detail: 'why' in outcome ? outcome.why : 'HMS took a push that it had to refuse' }
  }

  #post(request: HmsRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    return this.#token.use(signal, (token) => this.#postWith(token, request, signal), isStaleToken)
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

/** The token of a service account, signed here: Huawei, "Generating a JWT based on a service account". */
function signToken({ keyId, subAccount, privateKey }: HmsSettings, now: number): GivenToken {
  const iat = Math.floor(now / 1000)
  const claims = { aud: AUDIENCE, iss: subAccount, iat, exp: iat + TOKEN_LIFE_S }
  const text = signJwt({ alg: 'PS256', typ: 'JWT', kid: keyId }, claims, privateKey)
  return { text, renewAt: now + RENEW_MS, expires: now + RENEW_MS }
}
