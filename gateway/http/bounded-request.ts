import { MAX_BODY_BYTES } from '@herald/protocol'
import { IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Breaches } from '../process/breaches'
import { cutParsed, takeNoParts } from '../process/end-socket'

/** Parts (chunks) of a body whose length was not told. A part of one byte costs a stranger six bytes, and us a call. */
export const MAX_BODY_PARTS = 1024

/** What is thrown away of a body that is too large, or that no route reads, so that its sender hears the answer. */
const MAX_DROPPED_BYTES = 16 * MAX_BODY_BYTES

/** A body that nobody goes on taking: as a fault of Node's parser, which answers it. */
class EndlessBody extends Error {
  readonly code: 'ERR_BODY_PARTS' | 'ERR_BODY_BYTES'

  constructor(code: EndlessBody['code']) {
    super('a body without end')
    this.code = code
  }
}

/**
 * A request whose body is taken at once, into one buffer that grows, whoever reads it and whenever. Node would keep each
 * part as an object of its own until somebody reads, and take a body that nobody reads without end.
 */
export class BoundedRequest extends IncomingMessage {
  #room: Buffer | undefined
  #bytes = 0
  #parts = 0
  /** Too large, or answered before it was whole: what comes is counted, and not kept. */
  #isDropped = false
  #isAnswered = false
  #onEndless: ((fault: EndlessBody, isAnswered: boolean) => void) | undefined

  /** Begins to take the body. @param onEndless the connection is to be refused, or cut when its answer is out. */
  bound(answer: ServerResponse, onEndless: (fault: EndlessBody, isAnswered: boolean) => void): void {
    if (!this.#hasBody) return
    this.#onEndless = onEndless
    // Node throws a body away, uncounted, that nobody has begun to read when its answer has left.
    this.read(0)
    answer.once('finish', () => {
      this.#isAnswered = true
      this.#drop()
    })
  }

  /** Node's parser brings the body by this, a part a call, and null at its end. */
  override push(part: Buffer | null): boolean {
    if (part === null) {
      if (!this.#isDropped && this.#room !== undefined) super.push(this.#room.subarray(0, this.#bytes))
      this.#room = undefined
      return super.push(null)
    }
    this.#bytes += part.length
    this.#parts += 1
    if (this.#bytes > MAX_DROPPED_BYTES) this.#end('ERR_BODY_BYTES')
    else if (this.#isChunked && this.#parts > MAX_BODY_PARTS) this.#end('ERR_BODY_PARTS')
    else if (!this.#isDropped) this.#keep(part)
    // There is room for what a body may have.
    return true
  }

  #keep(part: Buffer): void {
    const had = this.#bytes - part.length
    // The whole body at once, as most are: nobody waits for more of it.
    if (
      had === 0 &&
      part.length <= MAX_BODY_BYTES &&
      part.length === Number(this.headers['content-length'])
    ) {
      super.push(part)
      return
    }
    if (this.#room === undefined || this.#bytes > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(had === 0 ? this.#bytes : 2 * this.#bytes)
      this.#room?.copy(room, 0, 0, had)
      this.#room = room
    }
    this.#room.set(part, had)
    if (this.#bytes <= MAX_BODY_BYTES) return
    // Whoever reads it finds that it is too large, and nobody has to hear the rest for that.
    super.push(this.#room.subarray(0, this.#bytes))
    this.#room = undefined
    this.#isDropped = true
  }

  #drop(): void {
    this.#isDropped = true
    this.#room = undefined
    this.resume()
  }

  #end(code: EndlessBody['code']): void {
    this.#isDropped = true
    this.#room = undefined
    const onEndless = this.#onEndless
    this.#onEndless = undefined
    onEndless?.(new EndlessBody(code), this.#isAnswered)
  }

  get #isChunked(): boolean {
    return this.headers['transfer-encoding'] !== undefined
  }

  get #hasBody(): boolean {
    return this.#isChunked || Number(this.headers['content-length'] ?? 0) > 0
  }
}

/** Takes the bodies of a server's requests, from the moment in which their headers are there. */
export function boundBodies(server: Server, breaches: Breaches): void {
  server.prependListener('request', (request: IncomingMessage, answer: ServerResponse) => {
    if (!(request instanceof BoundedRequest)) return
    request.bound(answer, (fault, isAnswered) => {
      const { socket } = request
      if (!isAnswered) {
        takeNoParts(socket)
        server.emit('clientError', fault, socket)
        return
      }
      // A second answer would be taken for that of the next request.
      cutParsed(socket)
      if (fault.code === 'ERR_BODY_PARTS') breaches.noteFloodOn(socket, request)
      else breaches.noteOn(socket, request)
    })
  })
}
