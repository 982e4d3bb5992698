import { writeXml, escapeXml } from '@herald/protocol'
import type { ChatStore, OutboxEntry } from './chat-record'
import { NS } from './namespaces'

/** Who says that the server has it: the `archive`, or the room, in their order; the server, or somebody's answer, `live`, or as a session is `resumed`. */
export type Word = 'archive' | 'live' | 'resumed'

export interface OutboxPorts {
  readonly store: ChatStore
  /** False: it is not sent. @param ref absent: whoever takes it tells by sending it to all */
  readonly send: (xml: string, ref?: string) => boolean
  /** Whether the archive was asked for what was in doubt, and this may be sent. */
  readonly isOpen: (entry: OutboxEntry) => boolean
  /** The server has a message of ours: it goes from here into the conversation. */
  readonly settled: (entry: OutboxEntry, word: Word) => void
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
    this.resend()
  }

  /** Another session than before, or another stay in a room: it is not known what of the last one was taken. */
  doubt(isDoubtful: (entry: OutboxEntry) => boolean): void {
    for (const entry of this.entries) if (isDoubtful(entry)) this.#onTheWay.delete(entry.id)
  }

  /** Where the archive was asked it does not have what is still here. */
  resend(): void {
    for (const entry of this.entries)
      if (!this.#onTheWay.has(entry.id) && this.#ports.isOpen(entry)) this.#send(entry)
  }

  /** The server has these. */
  settle(ids: readonly string[], word: Word): void {
    const settled = this.entries.filter(({ id }) => ids.includes(id))
    if (settled.length === 0) return
    for (const entry of settled) this.#ports.settled(entry, word)
    this.#ports.store.update({ outbox: this.entries.filter(({ id }) => !ids.includes(id)) })
    for (const id of ids) this.#onTheWay.delete(id)
    this.#ports.changed(this.entries)
  }

  /** A conversation is gone. */
  drop(feed: string): void {
    this.#ports.store.update({ outbox: this.entries.filter((entry) => entry.feed !== feed) })
    this.#ports.changed(this.entries)
  }

  #send(entry: OutboxEntry): void {
    const isSent = this.#ports.send(writeMessage(entry), entry.room ? undefined : entry.id)
    if (isSent) this.#onTheWay.add(entry.id)
  }
}

/** A message whose id the archive keeps. One person is asked for a receipt and a marker, a room is not. */
function writeMessage({ id, peer, body, room }: OutboxEntry): string {
  const inRoom = peer.includes('/') ? [writeXml('x', { xmlns: NS.roomUsers })] : []
  const asks = [writeXml('request', { xmlns: NS.receipts }), writeXml('markable', { xmlns: NS.markers })]
  return writeXml(
    'message',
    { xmlns: NS.client, type: room ? 'groupchat' : 'chat', to: peer, id },
    writeXml('body', {}, escapeXml(body)),
    writeXml('origin-id', { xmlns: NS.stanzaIds, id }),
    ...(room ? [] : [...inRoom, ...asks]),
  )
}
