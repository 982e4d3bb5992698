import type { HeraldError } from '@herald/protocol'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { nextRequestId } from './request-ids'

/** How long a peer may hold a connection after its last answer, ms. */
const LINGER_MS = 1500

/**
 * Sends the last words on a connection and gives it back. Ending our half is not enough: a peer that does not end its own
 * would hold the descriptor for as long as it likes. What it still sends is thrown away.
 */
export function endSocket(socket: Duplex, words: string): void {
  socket.end(words)
  // By nobody: a parser would go through all of it.
  socket.removeAllListeners('data')
  socket.on('data', throwAway)
  cutLater(socket)
}

function throwAway(): void {
  // What a peer says behind its last answer.
}

/** Gives a connection back soon, whatever its peer does. */
export function cutLater(socket: Duplex): void {
  const cut = setTimeout(() => {
    socket.destroy()
  }, LINGER_MS)
  socket.once('close', () => {
    clearTimeout(cut)
  })
}

/** Node's parser of a connection, which its types do not show. */
interface Parser {
  onIncoming?: unknown
  /** Called when its connection has done with it, right before another one may have it. */
  remove?(): void
  /** Its listeners, by the numbers that its class names. */
  [listener: number]: unknown
  readonly constructor: { readonly kOnBody?: number }
}

interface ParsedSocket extends Duplex {
  readonly parser?: Parser | null
}

/** What Node's parser is told for an upgrade: what is behind these headers is not for it. */
const NOTHING_BEHIND = 2

const endParsing = (): number => NOTHING_BEHIND

/**
 * Cuts a connection from within its parser, which reads no further than the next request. By itself it would go on through
 * all that it has in hand, also for a connection that is destroyed: one read of the network holds a thousand requests.
 */
export function cutParsed(socket: ParsedSocket): void {
  socket.destroy()
  if (socket.parser) socket.parser.onIncoming = endParsing
  takeNoParts(socket)
}

/**
 * What the parser of a connection has left of a body in hand is told to nobody any more. One read of the network holds eleven
 * thousand parts, and Node makes a copy and a turn of its queues for each: 16 ms, and 0.5 ms without them.
 */
export function takeNoParts(socket: ParsedSocket): void {
  const { parser } = socket
  const index = parser?.constructor.kOnBody
  if (!parser || index === undefined) return
  const remove = parser.remove?.bind(parser)
  const onBody = parser[index]
  if (typeof onBody !== 'function' || remove === undefined) return
  parser[index] = null
  // Node sets this listener once in the parser's life, which goes on with another connection.
  parser.remove = () => {
    parser[index] = onBody
    delete parser.remove
    remove()
  }
}

/**
 * Answers by hand what Fastify never sees, with the body that every error has, and ends the connection.
 * @param headers more of them, such as `Allow`.
 * @returns the id that the answer names, for the log.
 */
export function refuseSocket(
  socket: Duplex,
  error: HeraldError,
  headers: Readonly<Record<string, string>> = {},
): string {
  const id = nextRequestId()
  const body = JSON.stringify(error.toBody())
  const lines = Object.entries({
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': id,
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const status = `${String(error.status)} ${STATUS_CODES[error.status] ?? ''}`
  endSocket(socket, `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`)
  return id
}
