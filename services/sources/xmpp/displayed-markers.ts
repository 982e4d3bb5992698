import { childOf, writeXml, type XmlElement } from '@herald/protocol'
import type { SourceHost } from '../source'
import { chatDataOf, rankOf, readEnd, type ChatFeeds } from './chat-feeds'
import type { ChatStore, Conversation } from './chat-record'
import { NS } from './namespaces'
import { peerOf } from './origin'
import { OwnNode } from './own-node'

export interface DisplayedMarkersPorts {
  readonly ask: (type: 'get' | 'set', child: string) => Promise<XmlElement>
  readonly host: SourceHost
  readonly feeds: ChatFeeds
  readonly store: ChatStore
  readonly own: string
  /** Whether all is here that came before what was read. */
  readonly isOpen: (conversation: Conversation) => boolean
  /** Tells whom the conversation is with how far it was read, and to where that was told before. */
  readonly tell: (feed: string, told: number, end: number) => void
}

/** What was read, on all devices of an account: a marker for each conversation, at the account's own server (XEP-0490). */
export class DisplayedMarkers {
  readonly #ports: DisplayedMarkersPorts
  readonly #node: OwnNode

  constructor(ports: DisplayedMarkersPorts) {
    this.#ports = ports
    this.#node = new OwnNode(ports.ask, NS.displayedMarkers)
  }

  /** Asks for all, or for one conversation's. Rejects with an AskError. */
  async pull(peer?: string): Promise<void> {
    await this.take(await this.#node.items(peer))
  }

  /** Tells of all conversations that were read further here than the server knows. Rejects with an AskError. */
  async publishDue(): Promise<void> {
    const { host, store, feeds, isOpen } = this.#ports
    for (const [feed, conversation] of Object.entries(store.record.conversations)) {
      const { peer, told } = conversation
      const record = host.feeds()[feed]
      const end = record ? readEnd(record) : 0
      if (end <= told || !isOpen(conversation)) continue
      // The device that wrote a word does not know what the archive calls it.
      const row = feeds.rowAt(feed, end, ({ archive, out }) => archive !== undefined && !out)
      if (row && row.seq > told) await this.#publish(peer, chatDataOf(row).archive)
      // The own node's event may have come before the answer: what was told is what it was before.
      this.#ports.tell(feed, told, end)
      // It may have been left meanwhile.
      if (store.conversation(feed)) store.updateConversation(feed, peer, { told: end })
    }
  }

  /** A server that has no such markers says so: then the one that the other one gets is a copy on one's other devices. */
  async #publish(peer: string, id: string | undefined): Promise<void> {
    const stanzaId = writeXml('stanza-id', { xmlns: NS.stanzaIds, by: this.#archiveOf(peer), id })
    await this.#node.publish(peer, writeXml('displayed', { xmlns: NS.displayedMarkers }, stanzaId))
  }

  /** A room's messages have the ids that the room gives them. */
  #archiveOf(peer: string): string {
    const { feeds, store, own } = this.#ports
    return store.conversation(feeds.feedOf(peer))?.room ? peer : own
  }

  /** Markers have come. */
  async take(items: readonly XmlElement[] = []): Promise<void> {
    const { feeds, store } = this.#ports
    const reads = items.map((item) => {
      const { id } = item.attrs
      const peer = id === undefined ? '' : peerOf(id)
      const displayed = childOf(item, 'displayed', NS.displayedMarkers)
      const stanzaId = displayed && childOf(displayed, 'stanza-id', NS.stanzaIds)
      if (stanzaId?.attrs['by']?.toLowerCase() !== this.#archiveOf(peer)) return Promise.resolve()
      const row = feeds.rowOf(
        peer,
        ({ archive }) => archive !== undefined && archive === stanzaId.attrs['id'],
      )
      if (!row) return Promise.resolve()
      const told = Math.max(Math.floor(rankOf(row)), store.conversation(row.feed)?.told ?? 0)
      store.updateConversation(row.feed, peer, { told })
      return feeds.readUpTo(row, rankOf(row))
    })
    await Promise.all(reads)
  }
}
