import { EventEmitter } from 'node:events'
import type { WriterSource } from '../../../gateway/stores/sqlite/engine'
import {
  startWriter,
  type RunCall,
  type WriterOptions,
  type WriterReply,
  type WriterRequest,
} from '../../../gateway/stores/sqlite/writer'

/**
 * The store's writer on the world's own thread: what was asked for in a turn of the event loop is written in the next.
 * Between two threads it is the machine's mood which of two answers comes into which turn, and a seed would not always
 * tell the same story.
 */
class WriterInTurn extends EventEmitter {
  readonly #requests: WriterRequest[] = []
  readonly #take: ((request: WriterRequest) => void) | undefined
  #isAwaited = false

  constructor(options: WriterOptions, run: RunCall | undefined) {
    super()
    const port = {
      reply: (message: WriterReply) => {
        this.#tell(message)
      },
      next: () => this.#requests.shift(),
      close: () => undefined,
    }
    this.#take = startWriter(port, options, run)
  }

  postMessage(request: WriterRequest): void {
    this.#requests.push(structuredClone(request))
    if (this.#isAwaited) return
    this.#isAwaited = true
    setImmediate(() => {
      this.#isAwaited = false
      for (let next = this.#requests.shift(); next; next = this.#requests.shift()) this.#take?.(next)
    })
  }

  terminate(): Promise<void> {
    return Promise.resolve()
  }

  #tell(message: WriterReply): void {
    const reply = structuredClone(message)
    setImmediate(() => this.emit('message', reply))
  }
}

/** @param run for a store that has commands of its own */
export const writerOf =
  (run: RunCall | undefined): WriterSource =>
  (options) =>
    new WriterInTurn(options, run)

export const writerInTurn = writerOf(undefined)
