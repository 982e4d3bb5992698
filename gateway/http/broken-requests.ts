import { HeraldError, type ErrorCode } from '@herald/protocol'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { cutLater, refuseSocket } from '../process/end-socket'

/** What Node's parser finds, in the words of our catalogue; all else is `invalid_header`. */
const parserCodes: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
}

/** A request line that has not ended: its path is what was too long. */
const ENDLESS_LINE = /^[A-Z-]+ [^\r\n]+$/

const answering = Symbol('answering')
const broken = Symbol('broken')

/** A connection that has a request to answer now. */
interface BusySocket extends Socket {
  [answering]?: ServerResponse
  [broken]?: true
}

/** Remembers what each connection is being answered, so that no second answer is written into the first. */
export function watchAnswers(server: Server): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    ;(request.socket as BusySocket)[answering] = response
  })
  // CONNECT asks for a proxy; without a listener Node hangs up, and tells nobody why.
  server.on('connect', (_request, socket) => {
    socket.on('error', ignoreReset)
    refuseSocket(socket, new HeraldError('method_not_allowed'), { Allow: 'GET, HEAD, POST, PUT, DELETE' })
  })
}

function ignoreReset(): void {
  // A peer that hung up needs no answer.
}

/** Bytes that are no HTTP request, or not in time: answered by hand, because there is no request to answer to. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: BusySocket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket[broken]) return
  socket[broken] = true
  const refuse = (): void => {
    refuseSocket(socket, brokenError(error))
  }
  const before = socket[answering]
  if (before === undefined || before.writableFinished) refuse()
  // What came in whole before the broken bytes is answered first: it may have been accepted.
  else if (before.req.complete) {
    before.once('finish', refuse)
    // A peer that does not take that answer keeps nothing by it.
    cutLater(socket)
  }
  // An answer that has begun cannot become another one.
  else if (before.headersSent) socket.destroy()
  else refuse()
}

function brokenError(error: NodeJS.ErrnoException): HeraldError {
  const { code = '' } = error
  const found = parserCodes[code]
  if (found === undefined) return new HeraldError('invalid_header', 'The request is not HTTP.')
  if (found === 'headers_too_large' && ENDLESS_LINE.test(startOf(error)))
    return new HeraldError('url_too_long')
  return new HeraldError(found)
}

/** The bytes that the parser gave up at, as far as the system handed them over at once. */
function startOf(error: Error): string {
  const raw: unknown = 'rawPacket' in error ? error.rawPacket : undefined
  return Buffer.isBuffer(raw) ? raw.toString('latin1') : ''
}
