import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

const open = Symbol('open answers')

/** A socket knows its answers by a field, so that all sockets share their listeners. */
interface AnsweringSocket extends Duplex {
  [open]?: Set<ServerResponse>
}

/** Where requests come in: an HTTP server. */
interface Arrivals {
  prependListener(
    event: 'request',
    listener: (request: IncomingMessage, answer: ServerResponse) => void,
  ): unknown
}

const watched = new WeakSet<Arrivals>()

/**
 * Remembers which answers each connection is still owed. Requests may come one behind the other without waiting, and their
 * answers leave in that order (RFC 9112 §9.3.2); Node keeps it for its own answers alone, not for what is written by hand.
 */
export function watchAnswers(server: Arrivals): void {
  if (watched.has(server)) return
  watched.add(server)
  // Before whoever answers, who may do it at once.
  server.prependListener('request', ({ socket }, answer) => {
    const answers = (socket as AnsweringSocket)[open] ?? watchSocket(socket)
    answers.add(answer)
    answer.once('close', () => {
      answers.delete(answer)
    })
  })
}

/** The answers that a connection is owed, the next one first. */
export const openAnswers = (socket: AnsweringSocket): ReadonlySet<ServerResponse> => socket[open] ?? new Set()

function watchSocket(socket: AnsweringSocket): Set<ServerResponse> {
  const answers = (socket[open] = new Set<ServerResponse>())
  // When a connection goes, Node closes the answer that has it and forgets those behind: nobody would close their files.
  socket.once('close', () => {
    for (const answer of answers) if (answer.socket === null) answer.destroy().emit('close')
  })
  return answers
}

/** Goes on once everything that a connection is owed has left, or cannot leave any more. At once, when nothing is owed. */
export function afterAnswers(socket: Duplex, next: () => void): void {
  const last = [...openAnswers(socket)].at(-1)
  if (last === undefined) {
    next()
    return
  }
  // Node takes its listeners off a connection that it hands over: an answer that waits for room would wait for ever.
  const tellRoom = (): void => {
    for (const answer of openAnswers(socket)) if (answer.socket === socket) answer.emit('drain')
  }
  socket.on('drain', tellRoom)
  last.once('close', () => {
    socket.off('drain', tellRoom)
    next()
  })
}
