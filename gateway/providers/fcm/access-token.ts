import { NoAccessToken, type GivenToken } from '../access-token'
import { refusedCredentials, retryLater } from '../outcomes'
import { callService } from '../service-call'
import { signJwt } from '../sign-jwt'
import type { FcmSettings } from './settings'

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** The longest that Google takes. */
const ASSERTION_S = 3600
/** A token is renewed so long before its end. */
const SPARE_MS = 5 * 60_000

/** Asks Google for the access token of a service account. Throws NoAccessToken and CallFailure. */
export async function fetchAccessToken(
  settings: FcmSettings,
  now: () => number,
  signal: AbortSignal,
): Promise<GivenToken> {
  const answer = await callService(
    {
      method: 'POST',
      url: settings.tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: GRANT, assertion: assertionOf(settings, now()) }).toString(),
    },
    signal,
  )
  const {
    access_token: text,
    expires_in: seconds,
    error,
  } = { ...(answer.json as object) } as Record<string, unknown>
  if (answer.status === 200 && typeof text === 'string' && text !== '' && typeof seconds === 'number') {
    const renewAt = now() + seconds * 1000 - SPARE_MS
    return { text, renewAt, expires: renewAt }
  }
  const reason = typeof error === 'string' && /^\w{1,40}$/.test(error) ? error : String(answer.status)
  // RFC 6749 §5.2: what is refused for good is 400 or 401.
  if (answer.status === 400 || answer.status === 401) {
    throw new NoAccessToken(
      refusedCredentials(
        `${reason}: Google does not sign in the service account; was its key deleted, or is the clock of this machine wrong?`,
      ),
    )
  }
  throw new NoAccessToken(retryLater(`no access token: Google answered ${reason}`))
}

/** RFC 7523 §3. */
function assertionOf({ keyId, clientEmail, audience, privateKey }: FcmSettings, now: number): string {
  const iat = Math.floor(now / 1000)
  const claims = { iss: clientEmail, scope: SCOPE, aud: audience, iat, exp: iat + ASSERTION_S }
  return signJwt({ alg: 'RS256', typ: 'JWT', kid: keyId }, claims, privateKey)
}
