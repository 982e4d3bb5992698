import { HeraldError, type ErrorCode } from '@herald/protocol'
import type { FastifyBaseLogger } from 'fastify'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { afterAnswers, openAnswers } from '../process/answers'
import type { Breaches } from '../process/breaches'
import { cutLater, refuseSocket } from '../process/end-socket'
import { METHODS } from './error-answers'

/** What Node's parser finds, in the words of our catalogue; all else is `invalid_header`. */
const parserCodes: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_BODY_BYTES: 'body_too_large',
}

/** A request line that has not ended: its path is what was too long. */
const ENDLESS_LINE = /^[A-Z-]+ [^\r\n]+$/

/** The first line of a request, whatever its method (RFC 9112 §3). */
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [^\s]+ HTTP\/1\.[01]\r?$/

const ALLOW = { Allow: METHODS }

const broken = Symbol('broken')

/** A connection that was told already that it is not understood. */
interface BrokenSocket extends Socket {
  [broken]?: true
}

/** CONNECT asks for a proxy; without a listener Node hangs up, and tells nobody why. */
export function refuseProxying(server: Server, logger: FastifyBaseLogger, breaches: Breaches): void {
  server.on('connect', (request, socket) => {
    socket.on('error', ignoreReset)
    breaches.noteOn(request.socket, request)
    afterAnswers(socket, () => {
      const error = new HeraldError('method_not_allowed')
      logAnswer(logger, error, refuseSocket(socket, error, ALLOW))
    })
  })
}

function ignoreReset(): void {
  // A peer that hung up needs no answer.
}

/** A stranger can have as many of these as he likes, so the log has them for who looks for one. */
function logAnswer(logger: FastifyBaseLogger, { status, code }: HeraldError, reqId: string): void {
  logger.debug({ reqId, status, code }, 'refused')
}

/** Answers bytes that are no HTTP request, or not in time, by hand, because there is no request to answer to. */
export function answerBrokenRequests(logger: FastifyBaseLogger, breaches: Breaches) {
  return (cause: NodeJS.ErrnoException, socket: BrokenSocket): void => {
    if (cause.code === 'ECONNRESET' || !socket.writable || socket[broken]) return
    socket[broken] = true
    // A browser opens connections that it may have use for: silence breaks nothing.
    if (cause.code === 'ERR_BODY_PARTS') breaches.noteFloodOn(socket, incompleteOn(socket))
    else if (socket.bytesRead > 0) breaches.noteOn(socket, incompleteOn(socket))
    const refuse = (): void => {
      const error = brokenError(cause)
      const headers = error.code === 'method_not_allowed' ? ALLOW : {}
      logAnswer(logger, error, refuseSocket(socket, error, headers))
    }
    const [earlier, before] = lastTwo([...openAnswers(socket)])
    if (before === undefined || before.writableFinished) refuse()
    // What came in whole before the broken bytes is answered first: it may have been accepted.
    else if (before.req.complete) {
      before.once('finish', refuse)
      // A peer that does not take that answer keeps nothing by it.
      cutLater(socket)
    }
    // An answer that has begun cannot become another one.
    else if (before.headersSent) socket.destroy()
    else if (earlier === undefined) refuse()
    else {
      // Its turn is behind theirs.
      earlier.once('finish', refuse)
      cutLater(socket)
    }
  }
}

/** The request whose body has not come: what is broken behind a whole one may be somebody else's, past the same proxy. */
function incompleteOn(socket: Socket): IncomingMessage | undefined {
  const req = [...openAnswers(socket)].at(-1)?.req
  return req?.complete === false ? req : undefined
}

const lastTwo = <Item>(items: readonly Item[]): [Item | undefined, Item | undefined] => [
  items.at(-2),
  items.at(-1),
]

function brokenError(error: NodeJS.ErrnoException): HeraldError {
  const { code = '' } = error
  if (code === 'HPE_INVALID_METHOD' && REQUEST_LINE.test(lineOf(error)))
    return new HeraldError('method_not_allowed', 'No route takes this method.')
  if (code === 'ERR_BODY_PARTS') return new HeraldError('body_too_large', 'The body comes in too many parts.')
  const found = parserCodes[code]
  if (found === undefined) return new HeraldError('invalid_header', 'The request is not HTTP.')
  if (found === 'headers_too_large' && ENDLESS_LINE.test(bytesOf(error)))
    return new HeraldError('url_too_long')
  return new HeraldError(found)
}

/** The line that the parser gave up in, as far as the system handed it over at once. */
function lineOf(error: Error): string {
  const text = bytesOf(error)
  const at = 'bytesParsed' in error ? Number(error.bytesParsed) : 0
  const end = text.indexOf('\n', at)
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, end < 0 ? text.length : end)
}

/** The bytes that the parser gave up at, as far as the system handed them over at once. */
function bytesOf(error: Error): string {
  const raw: unknown = 'rawPacket' in error ? error.rawPacket : undefined
  return Buffer.isBuffer(raw) ? raw.toString('latin1') : ''
}
