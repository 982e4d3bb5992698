import { createHmac, timingSafeEqual } from 'node:crypto'
import { strictly } from './strict-fields'

/** What a function behind an address in uniCloud gets of a request. */
export interface HttpEvent {
  readonly path: string
  readonly httpMethod: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly queryStringParameters: Readonly<Record<string, string>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

const TOLERANCE_MS = 60_000
const PREFIX = 'hmac-sha256 '

/** As the module uni-cloud-s2s throws it. */
export class S2sError extends Error {
  override readonly name = 'S2sError'
  readonly subject = 'uni-cloud-s2s'
  readonly errCode = 51000
  readonly errMsg: string

  constructor(errMsg: string) {
    super(errMsg)
    this.errMsg = errMsg
  }
}

/**
 * `verifyHttpInfo` of uni-cloud-s2s, configured with `"type": "sign"` and the default hash:
 * https://doc.dcloud.net.cn/uniCloud/uni-cloud-s2s.html. Throws S2sError.
 * @param now ms since 1970.
 */
export function verifyHttpInfo(event: HttpEvent, signKey: string, now: number): void {
  if (event.httpMethod !== 'POST' || header(event, 'content-type') !== 'application/json') {
    throw new S2sError('only POST with application/json is verified')
  }
  const timestamp = header(event, 'unicloud-s2s-timestamp') ?? ''
  if (!/^\d{13}$/.test(timestamp)) throw new S2sError('Unicloud-S2s-Timestamp is missing')
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_MS) throw new S2sError('the timestamp is too far off')
  const signature = header(event, 'unicloud-s2s-signature') ?? ''
  if (!signature.startsWith(PREFIX)) throw new S2sError('Unicloud-S2s-Signature has another hash')
  const expected = createHmac('sha256', signKey)
    .update(`${timestamp}\n${signedText(strictly.json(event.body))}`)
    .digest()
  const given = Buffer.from(signature.slice(PREFIX.length), 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new S2sError('the signature is wrong')
  }
}

/** Top-level primitives only, by name. */
function signedText(body: Readonly<Record<string, unknown>>): string {
  return Object.entries(body)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${String(value)}`)
    .join('&')
}

function header(event: HttpEvent, name: string): string | undefined {
  const found = Object.entries(event.headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return typeof found === 'string' ? found : undefined
}
