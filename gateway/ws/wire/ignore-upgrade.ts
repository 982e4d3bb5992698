import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Headers that offer another protocol (RFC 9110 §7.8, RFC 7540 §3.2.1), and the one that names them. */
const OFFERS = new Set(['upgrade', 'http2-settings', 'connection'])

/** Whether the request asks for a websocket; Java's HttpClient and `curl --http2` offer `h2c` with each request. */
export const asksForWebsocket = ({ headers }: IncomingMessage): boolean =>
  (headers.upgrade ?? '').split(',').some((name) => name.trim().toLowerCase() === 'websocket')

/** Whether bytes behind the head of a request are its own: a next request must wait for what became of the offer. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/**
 * Serves a request as if it had not offered another protocol, as RFC 9110 §7.8 has it. Node takes the connection off its
 * parser for any `Upgrade` header, so the request goes back to it without that header, and its body behind it. It is the
 * last of its connection: each request that is handed back costs far more than to send it, and one read of the network
 * holds a thousand. Whoever offers `h2c` goes on with another connection.
 */
export function ignoreUpgrade(http: Server, request: IncomingMessage, socket: Duplex, rest: Buffer): void {
  const { method = '', url = '', httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!OFFERS.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[index + 1] ?? ''}`)
  }
  // Node's parser takes nothing behind it then, and the answer says so.
  lines.push('Connection: close')
  // The time that an answer before has left to the next request.
  if (socket instanceof Socket) socket.setTimeout(0)
  // Node reads headers as Latin-1, one byte each.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest]))
  http.emit('connection', socket)
}
