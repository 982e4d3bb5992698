import { childOf, childrenOf, writeXml, type XmlElement } from '@herald/protocol'
import type { Clock, Timer } from '../../clock'
import { NS } from './namespaces'

/** How long an answer may take, ms. */
export const ANSWER_TIMEOUT_MS = 30_000

/** A question has no good answer. `condition` is the server's word, or `timeout`, or `gone` when there is no session. */
export class AskError extends Error {
  override readonly name = 'AskError'
  readonly condition: string

  constructor(condition: string) {
    super(`the chat server answered ${condition}`)
    this.condition = condition
  }
}

/** The server has answered, and does not do it: another try would have the same answer. */
export const isRefused = (error: unknown): boolean =>
  error instanceof AskError && error.condition !== 'gone' && error.condition !== 'timeout'

/** No answer came in its time, and the next try may have one. */
export const isTimeout = (error: unknown): boolean =>
  error instanceof AskError && error.condition === 'timeout'

interface Open {
  readonly to: string | undefined
  readonly timer: Timer
  readonly resolve: (answer: XmlElement) => void
  readonly reject: (error: AskError) => void
}

export interface AsksPorts {
  readonly clock: Clock
  readonly random: () => number
  /** False: it is not sent. */
  readonly send: (xml: string) => boolean
  /** Whether an address is the account's own, or its server's. */
  readonly isOwn: (address: string) => boolean
}

/** Questions (iq, RFC 6120 §8.2.3) that wait for their answers. They outlive a socket whose session is resumed. */
export class Asks {
  readonly #ports: AsksPorts
  readonly #open = new Map<string, Open>()
  /** Nobody else can say what the next question is called. */
  readonly #prefix: string
  #count = 0

  constructor(ports: AsksPorts) {
    this.#ports = ports
    this.#prefix = ports.random().toString(36).slice(2, 10)
  }

  /** Rejects with an AskError. */
  ask(type: 'get' | 'set', child: string, to?: string): Promise<XmlElement> {
    const id = `${this.#prefix}-${String((this.#count += 1))}`
    const xml = writeXml('iq', { xmlns: NS.client, type, id, to }, child)
    return new Promise((resolve, reject) => {
      const timer = this.#ports.clock.setTimeout(() => {
        this.#open.delete(id)
        reject(new AskError('timeout'))
      }, ANSWER_TIMEOUT_MS)
      this.#open.set(id, { to, timer, resolve, reject })
      if (!this.#ports.send(xml))
        this.#end(id, (open) => {
          open.reject(new AskError('gone'))
        })
    })
  }

  /** Whether a stanza is an answer to one of these: then it is nobody else's. */
  answers(stanza: XmlElement): boolean {
    const { type, id, from } = stanza.attrs
    if (stanza.name !== 'iq' || (type !== 'result' && type !== 'error') || id === undefined) return false
    const open = this.#open.get(id)
    // An answer of somebody who was not asked is none. The own server may leave its address out.
    const isFromAsked =
      open?.to === undefined ? from === undefined || this.#ports.isOwn(from) : from === open.to
    if (!isFromAsked) return false
    this.#end(id, ({ resolve, reject }) => {
      if (type === 'result') resolve(stanza)
      else reject(new AskError(conditionOf(stanza)))
    })
    return true
  }

  /** The session in which they were asked is over. */
  drop(): void {
    for (const id of [...this.#open.keys()])
      this.#end(id, ({ reject }) => {
        reject(new AskError('gone'))
      })
  }

  #end(id: string, end: (open: Open) => void): void {
    const open = this.#open.get(id)
    if (!open) return
    this.#open.delete(id)
    this.#ports.clock.clearTimeout(open.timer)
    end(open)
  }
}

/** What a stanza of type `error` says is wrong (RFC 6120 §8.3.3). */
export function conditionOf(stanza: XmlElement): string {
  const error = childOf(stanza, 'error', NS.client)
  return (error && childrenOf(error).find(({ ns }) => ns === NS.stanzaErrors)?.name) ?? 'undefined-condition'
}
