import { createDecipheriv, createPublicKey, hkdfSync, verify, type ECDH } from 'node:crypto'

/** Why a push service refuses a push: status and reason. */
export interface Refusal {
  readonly status: number
  readonly reason: string
}

const MAX_BODY_BYTES = 4096
const DAY_S = 86_400

const refuse = (status: number, reason: string): Refusal => ({ status, reason })

/** What RFC 8030 asks of a push's headers and size. */
export function refuseHeaders(headers: NodeJS.Dict<string | string[]>, bytes: number): Refusal | undefined {
  const { ttl, topic, urgency = 'normal' } = headers
  if (!/^\d{1,10}$/.test(String(ttl))) return refuse(400, 'TTL is missing or no number')
  if (topic !== undefined && !/^[\w-]{1,32}$/.test(String(topic)))
    return refuse(400, 'Topic is not of its grammar')
  if (!['very-low', 'low', 'normal', 'high'].includes(String(urgency)))
    return refuse(400, 'Urgency is unknown')
  if (bytes > MAX_BODY_BYTES) return refuse(413, 'the body is larger than 4096 bytes')
  if (bytes > 0 && headers['content-encoding'] !== 'aes128gcm')
    return refuse(400, 'Content-Encoding is not aes128gcm')
  return undefined
}

/** What RFC 8292 asks of the signature, and Apple of the contact. `key` is the one that the subscription is for. */
export function refuseVapid(
  header: string | undefined,
  origin: string,
  key: string,
  now: number,
): Refusal | undefined {
  const match = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)$/.exec(header ?? '')
  if (match === null) return refuse(401, 'Authorization is missing or not vapid')
  const [, head = '', claimed = '', signature = '', k = ''] = match
  if (k !== key) return refuse(403, 'the VAPID credentials do not correspond to the subscription')
  if (!isSigned(`${head}.${claimed}`, signature, k)) return refuse(403, 'BadJwtToken: signature')
  const { aud, exp, sub } = JSON.parse(Buffer.from(claimed, 'base64url').toString()) as Record<
    string,
    unknown
  >
  if (aud !== origin) return refuse(403, 'BadJwtToken: aud')
  const left = Number(exp) - now / 1000
  if (!(left > 0)) return refuse(403, 'ExpiredJwtToken')
  if (left > DAY_S) return refuse(403, 'BadJwtToken: exp is more than a day ahead')
  if (!/^(?:mailto:[^@\s]+@[^@\s]+\.[^@\s]+|https:\/\/[^\s/]+\.\S+)$/.test(String(sub)))
    return refuse(403, 'BadJwtToken: sub')
  return undefined
}

function isSigned(text: string, signature: string, k: string): boolean {
  const point = Buffer.from(k, 'base64url')
  if (point.length !== 65 || point[0] !== 4) return false
  const x = point.subarray(1, 33).toString('base64url')
  const y = point.subarray(33).toString('base64url')
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  return verify(
    'sha256',
    Buffer.from(text),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
}

/** What the browser does with a body: RFC 8188 with the keys of RFC 8291. Throws when it is not for this subscription. */
export function decryptAsBrowser(body: Buffer, browser: ECDH, auth: Buffer): string {
  const idLength = body.readUInt8(20)
  const salt = body.subarray(0, 16)
  const recordSize = body.readUInt32BE(16)
  const senderKey = body.subarray(21, 21 + idLength)
  const record = body.subarray(21 + idLength)
  if (record.length > recordSize) throw new Error('more than one record')
  const keyInfo = Buffer.concat([
    Buffer.from('WebPush: info'),
    Buffer.of(0),
    browser.getPublicKey(),
    senderKey,
  ])
  const ikm = Buffer.from(hkdfSync('sha256', browser.computeSecret(senderKey), auth, keyInfo, 32))
  const derive = (name: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', ikm, salt, `Content-Encoding: ${name}\0`, length))
  const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12))
  decipher.setAuthTag(record.subarray(-16))
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== 2) throw new Error('the last record has no delimiter')
  return padded.subarray(0, end).toString('utf8')
}
