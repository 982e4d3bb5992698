import { constants, sign, type KeyObject, type SignKeyObjectInput } from 'node:crypto'

/** How each algorithm signs beyond what its key says; all of them by SHA-256 (RFC 7518 §3). */
const algorithms = {
  // The two numbers side by side, not DER (§3.4).
  ES256: { dsaEncoding: 'ieee-p1363' },
  RS256: {},
  // The salt is as long as the hash (§3.5).
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
} as const satisfies Record<string, Omit<SignKeyObjectInput, 'key'>>

/** A header of a JWT, with whatever else a service wants in it. */
export interface JwtHeader {
  readonly alg: keyof typeof algorithms
  readonly typ?: 'JWT'
  readonly kid?: string
}

/** A signed JWT in its compact form (RFC 7515 §7.1). Whether the key fits the algorithm its settings have checked. */
export function signJwt(header: JwtHeader, claims: object, privateKey: KeyObject): string {
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, ...algorithms[header.alg] })
  return `${signed}.${signature.toString('base64url')}`
}
