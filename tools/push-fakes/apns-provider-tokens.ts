import { verify } from 'node:crypto'

/** A signing key as the developer account has it. */
export interface ApnsKey {
  readonly teamId: string
  /** Ten characters. */
  readonly keyId: string
  /** PEM of the P-256 public key. */
  readonly publicKey: string
  /** Absent: good for both gates. */
  readonly environment?: 'production' | 'sandbox'
  /** Absent: good for every topic of the team. */
  readonly topics?: readonly string[]
}

/** What a connection is bound to by the first provider token that it showed. */
export interface TokenHistory {
  key?: ApnsKey
  jwt?: string
  /** When `jwt` came first, ms. */
  since?: number
}

const MAX_AGE_S = 3600
const MAX_AHEAD_S = 600
const MIN_UPDATE_MS = 20 * 60_000

interface Decoded {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: string
  readonly signature: Buffer
}

function decodeJwt(jwt: string): Decoded | undefined {
  const parts = jwt.split('.')
  const [header = '', claims = '', signature = ''] = parts
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return undefined
  try {
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
    return {
      header: { ...(read(header) as object) },
      claims: { ...(read(claims) as object) },
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    return undefined // not JSON, and so no token
  }
}

/**
 * Why a provider token is refused, or the key that it is from.
 * Apple, "Establishing a token-based connection to APNs". That a second team on a connection is InvalidProviderToken,
 * and a time more than ten minutes ahead too, is assumed: Apple says only that neither is to be.
 */
export function checkProviderToken(
  authorization: string | undefined,
  keys: readonly ApnsKey[],
  environment: 'production' | 'sandbox',
  history: TokenHistory,
  now: number,
): { reason: string; status: number } | { key: ApnsKey } {
  const refuse = (reason: string, status = 403) => ({ reason, status })
  const [, jwt] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  if (jwt === undefined) return refuse('MissingProviderToken')
  if (history.jwt === jwt && history.key !== undefined) {
    return isExpired(decodeJwt(jwt), now) ? refuse('ExpiredProviderToken') : { key: history.key }
  }
  const token = decodeJwt(jwt)
  const key = keys.find(({ keyId, teamId }) => keyId === token?.header.kid && teamId === token.claims.iss)
  if (token === undefined || key === undefined || !isSigned(token, key)) return refuse('InvalidProviderToken')
  const { iat } = token.claims
  if (typeof iat !== 'number' || !Number.isInteger(iat) || iat > now / 1000 + MAX_AHEAD_S) {
    return refuse('InvalidProviderToken')
  }
  if (isExpired(token, now)) return refuse('ExpiredProviderToken')
  if (key.environment !== undefined && key.environment !== environment) {
    return refuse('BadEnvironmentKeyIdInToken')
  }
  if (history.key !== undefined && history.key.teamId !== key.teamId) return refuse('InvalidProviderToken')
  if (history.key !== undefined && history.key.keyId !== key.keyId) return refuse('UnrelatedKeyIdInToken')
  if (history.since !== undefined && now - history.since < MIN_UPDATE_MS) {
    return refuse('TooManyProviderTokenUpdates', 429)
  }
  Object.assign(history, { key, jwt, since: now })
  return { key }
}

function isSigned({ header, signed, signature }: Decoded, key: ApnsKey): boolean {
  return (
    header.alg === 'ES256' &&
    signature.length === 64 &&
    verify('sha256', Buffer.from(signed), { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  )
}

const isExpired = (token: Decoded | undefined, now: number): boolean =>
  now / 1000 - Number(token?.claims.iat) > MAX_AGE_S
