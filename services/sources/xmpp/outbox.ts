import { writeXml, escapeXml } from '@herald/protocol'
import type { ChatStore, OutboxEntry } from './chat-record'
import { NS } from './namespaces'

export interface OutboxPorts {
  readonly store: ChatStore
  /** False: it is not sent. */
  readonly send: (xml: string, ref: string) => boolean
  /** The server has a message of ours: it goes from here into the conversation. */
  readonly settled: (entry: OutboxEntry) => void
  readonly changed: (entries: readonly OutboxEntry[]) => void
}

/**
 * What was written here, in its order, until the server is known to have it. It is stored before it is sent. Of what a lost
 * session leaves in doubt the archive is asked before it is sent again: nothing is sent twice, and nothing is lost.
 */
export class Outbox {
  readonly #ports: OutboxPorts
  /** Sent over the session that there is: the server takes it, or a resume sends it again. */
  readonly #onTheWay = new Set<string>()
  /** Whether the archive was asked for what was in doubt. */
  #phase: 'asking' | 'clear' = 'asking'

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  get entries(): readonly OutboxEntry[] {
    return this.#ports.store.record.outbox
  }

  /** Takes a message. Throws a StorageError when it is not kept: then it is not sent either. */
  add(entry: OutboxEntry): void {
    this.#ports.store.keep({ outbox: [...this.entries, entry] })
    this.#ports.changed(this.entries)
    if (this.#phase === 'clear') this.#send(entry)
  }

  /** Another session than before: it is not known what of the last one the server has. */
  doubt(): void {
    this.#phase = 'asking'
    this.#onTheWay.clear()
  }

  /** The archive was asked: what is still here it does not have. */
  resend(): void {
    this.#phase = 'clear'
    for (const entry of this.entries) if (!this.#onTheWay.has(entry.id)) this.#send(entry)
  }

  /** The server has these. */
  settle(ids: readonly string[]): void {
    const settled = this.entries.filter(({ id }) => ids.includes(id))
    if (settled.length === 0) return
    for (const entry of settled) this.#ports.settled(entry)
    this.#ports.store.update({ outbox: this.entries.filter(({ id }) => !ids.includes(id)) })
    for (const id of ids) this.#onTheWay.delete(id)
    this.#ports.changed(this.entries)
  }

  #send(entry: OutboxEntry): void {
    if (this.#ports.send(writeMessage(entry), entry.id)) this.#onTheWay.add(entry.id)
  }
}

/** A message that asks for a receipt and a marker, and whose id the archive keeps. */
function writeMessage({ id, peer, body }: OutboxEntry): string {
  return writeXml(
    'message',
    { xmlns: NS.client, type: 'chat', to: peer, id },
    writeXml('body', {}, escapeXml(body)),
    writeXml('origin-id', { xmlns: NS.stanzaIds, id }),
    writeXml('request', { xmlns: NS.receipts }),
    writeXml('markable', { xmlns: NS.markers }),
  )
}
