import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A certificate for localhost and the loopback addresses that vouches for itself: clients give it as their `ca`. */
export interface LocalCertificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

const VALID_MS = 24 * 3_600_000
const TAG = { boolean: 1, integer: 2, bits: 3, octets: 4, oid: 6, text: 12, time: 24, sequence: 48, set: 49 }

/** A DER element: tag, length, content (X.690 §8.1). */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const significant = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.from([tag, 128 + significant.length]), significant, content])
}

const sequence = (...parts: Uint8Array[]) => der(TAG.sequence, ...parts)
const oid = (hex: string) => der(TAG.oid, Buffer.from(hex, 'hex'))
/** GeneralizedTime, in seconds (RFC 5280 §4.1.2.5.2). */
const time = (ms: number) =>
  der(TAG.time, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\..*/g, '')}Z`))
const extension = (id: string, value: Uint8Array) => sequence(oid(id), der(TAG.octets, value))

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'))
const COMMON_NAME = '550403'
const BASIC_CONSTRAINTS = '551d13'
const SUBJECT_ALT_NAME = '551d11'
/** Context tags of GeneralName: dNSName and iPAddress (RFC 5280 §4.2.1.6). */
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87

const altNames = sequence(
  der(DNS_NAME, Buffer.from('localhost')),
  der(IP_ADDRESS, Buffer.from([127, 0, 0, 1])),
  der(IP_ADDRESS, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
)

const pem = (label: string, content: Buffer): string =>
  `-----BEGIN ${label}-----\n${content.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`

/** Makes a P-256 key and its certificate, good for a day (RFC 5280 §4.1). */
export function makeLocalCertificate(now = Date.now()): LocalCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // Authorities are looked up by name, so that two of the same name would hide each other.
  const commonName = Buffer.from(`localhost ${randomBytes(8).toString('hex')}`)
  const name = sequence(der(TAG.set, sequence(oid(COMMON_NAME), der(TAG.text, commonName))))
  const isAuthority = sequence(der(TAG.boolean, Buffer.from([0xff])))
  const body = sequence(
    der(0xa0, der(TAG.integer, Buffer.from([2]))),
    // A serial number is positive, so its first bit is 0.
    der(TAG.integer, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(now - VALID_MS), time(now + VALID_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension(BASIC_CONSTRAINTS, isAuthority), extension(SUBJECT_ALT_NAME, altNames))),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, ECDSA_WITH_SHA256, der(TAG.bits, Buffer.from([0]), signature))
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
