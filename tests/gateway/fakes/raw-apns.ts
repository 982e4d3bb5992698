import { randomUUID, sign } from 'node:crypto'
import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2'
import { once } from 'node:events'

/** Makes a provider token with `jsonwebtoken`'s means left out: what is wrong with it, the test wants wrong. */
export function providerToken(
  { pem, keyId, teamId }: { pem: string; keyId: string; teamId: string },
  changes: { alg?: string; iat?: unknown; der?: boolean } = {},
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { alg = 'ES256', iat = Math.floor(Date.now() / 1000), der = false } = changes
  const signed = `${part({ alg, kid: keyId })}.${part({ iss: teamId, iat })}`
  const signature = sign('sha256', Buffer.from(signed), { key: pem, dsaEncoding: der ? 'der' : 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

export interface RawAnswer {
  readonly status: number
  readonly id: string | undefined
  readonly body: { readonly reason?: string; readonly timestamp?: number }
  /** HTTP/2 error code when there was no answer. */
  readonly rstCode: number
}

export async function open(fake: { url: string; ca: string }): Promise<ClientHttp2Session> {
  const session = connect(fake.url, { ca: fake.ca })
  session.on('error', () => undefined)
  await once(session, 'remoteSettings')
  return session
}

export function post(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string | Buffer = JSON.stringify({ aps: { alert: 'hello' } }),
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const stream = session.request({ ':method': 'POST', 'apns-id': randomUUID(), ...headers })
    let text = ''
    const answer = { status: 0, id: undefined as string | undefined }
    stream.on('response', (answered) => {
      answer.status = answered[':status'] ?? 0
      answer.id = answered['apns-id']?.toString()
    })
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    stream.on('error', () => undefined)
    stream.on('close', () => {
      const body = text === '' ? {} : (JSON.parse(text) as RawAnswer['body'])
      resolve({ ...answer, body, rstCode: stream.rstCode })
    })
    stream.end(body)
  })
}
