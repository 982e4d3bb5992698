import { HeraldError } from '@herald/protocol'
import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { nextRequestId } from '../../process/request-ids'

/** RFC 6455 §1.3: proves to the client that the server speaks its protocol. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** 16 bytes in base64 (§4.1). */
const KEY = /^[+/0-9A-Za-z]{22}==$/

/** A token of RFC 9110 §5.6.2; subprotocols are a list of them. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** The answer to an upgrade request. */
export type Handshake =
  | {
      readonly ok: true
      readonly answer: string
      /** The id that the answer names, for the log. */
      readonly id: string
      readonly subprotocol: string | undefined
    }
  | {
      readonly ok: false
      readonly error: HeraldError
      readonly headers: Readonly<Record<string, string>>
    }

/** What a client can do better, in the answer's headers (§4.4, RFC 9110 §15.5.6). */
const refuse = (error: HeraldError, headers: Readonly<Record<string, string>> = {}): Handshake => ({
  ok: false,
  error,
  headers,
})

/**
 * Answers an opening handshake (RFC 6455 §4.2). A client that does not offer `subprotocol` is let in without one: it
 * can be told why by a close code, which a browser shows, and not by an HTTP answer, which it does not.
 */
export function answerHandshake({ method, headers }: IncomingMessage, subprotocol: string): Handshake {
  if (method !== 'GET') return refuse(new HeraldError('method_not_allowed'), { Allow: 'GET' })
  if (headers['sec-websocket-version'] !== '13')
    return refuse(new HeraldError('upgrade_required'), {
      Connection: 'close, Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
    })
  const key = headers['sec-websocket-key']
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? []
  const isGood = headers.upgrade?.toLowerCase() === 'websocket' && key !== undefined && KEY.test(key)
  if (!isGood || !offered.every((name) => TOKEN.test(name)))
    return refuse(new HeraldError('invalid_header', 'The handshake is not that of RFC 6455, section 4.1.'))
  const agreed = offered.includes(subprotocol) ? subprotocol : undefined
  const id = nextRequestId()
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${hash('sha1', key + MAGIC, 'base64')}`,
    `X-Request-Id: ${id}`,
    ...(agreed === undefined ? [] : [`Sec-WebSocket-Protocol: ${agreed}`]),
  ]
  return { ok: true, answer: `${lines.join('\r\n')}\r\n\r\n`, id, subprotocol: agreed }
}
