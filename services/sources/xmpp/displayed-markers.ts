import { childOf, childrenOf, writeXml, type XmlElement } from '@herald/protocol'
import type { FeedRecord } from '../../storage/storage'
import { AskError, isRefused } from './asks'
import { chatDataOf, type ChatFeeds } from './chat-feeds'
import type { ChatStore } from './chat-record'
import { submitForm } from './forms'
import { NS } from './namespaces'
import { bareOf } from './origin'
import type { SourceHost } from '../source'

const NODE = NS.displayedMarkers

/**
 * The newest markers of so many conversations are kept. "max" is a word that Prosody knows and ejabberd 23.01 does not, which in
 * turn keeps one if nobody says a number.
 */
const KEPT = ['max', '1000', '256']

export interface DisplayedMarkersPorts {
  readonly ask: (type: 'get' | 'set', child: string) => Promise<XmlElement>
  readonly host: SourceHost
  readonly feeds: ChatFeeds
  readonly store: ChatStore
  readonly own: string
  /** Tells whom the conversation is with how far it was read, and to where that was told before. */
  readonly tell: (feed: string, told: number, end: number) => void
}

/** What was read, on all devices of an account: a marker for each conversation, at the account's own server (XEP-0490). */
export class DisplayedMarkers {
  readonly #ports: DisplayedMarkersPorts
  #node: 'unknown' | 'configured' = 'unknown'

  constructor(ports: DisplayedMarkersPorts) {
    this.#ports = ports
  }

  /** Asks for all. A server without them, or without the node, has none. Rejects with an AskError that says anything else. */
  async pull(): Promise<void> {
    const items = writeXml('items', { node: NODE })
    let answer
    try {
      answer = await this.#ports.ask('get', writeXml('pubsub', { xmlns: NS.pubsub }, items))
    } catch (error) {
      if (isRefused(error)) return
      throw error
    }
    const pubsub = childOf(answer, 'pubsub', NS.pubsub)
    await this.#take(pubsub && childOf(pubsub, 'items'))
  }

  /** A message that tells of new ones; null: it is another one. */
  takeEvent(message: XmlElement): Promise<void> | null {
    const event = childOf(message, 'event', NS.pubsubEvents)
    if (!event) return null
    const items = childOf(event, 'items')
    const { from } = message.attrs
    // Anybody may send an event of a node of his own.
    const isOwn = from === undefined || bareOf(from) === this.#ports.own
    return items?.attrs['node'] === NODE && isOwn ? this.#take(items) : Promise.resolve()
  }

  /** Tells of all conversations that were read further here than the server knows. Rejects with an AskError. */
  async publishDue(): Promise<void> {
    const { host, store, feeds } = this.#ports
    for (const [feed, { peer, told }] of Object.entries(store.record.conversations)) {
      const record = host.feeds()[feed]
      const end = record ? readEnd(record) : 0
      if (end <= told) continue
      const row = host.rows(feed).find(({ seq, data }) => seq <= end && data?.['archive'] !== undefined)
      const archiveId = row && chatDataOf(row).archive
      if (row && archiveId !== undefined && row.seq > told) await this.#publishIfTaken(peer, archiveId)
      // The own node's event may have come before the answer: what was told is what it was before.
      this.#ports.tell(feed, told, end)
      store.updateConversation(feeds.feedOf(peer), peer, { told: end })
    }
  }

  /** A server that has no such markers says so: then the one that the other one gets is a copy on one's other devices. */
  async #publishIfTaken(peer: string, archiveId: string): Promise<void> {
    try {
      await this.#publish(peer, archiveId)
    } catch (error) {
      if (!isRefused(error)) throw error
    }
  }

  async #publish(peer: string, archiveId: string): Promise<void> {
    const { ask } = this.#ports
    const stanzaId = writeXml('stanza-id', { xmlns: NS.stanzaIds, by: this.#ports.own, id: archiveId })
    const displayed = writeXml('displayed', { xmlns: NODE }, stanzaId)
    const publish = writeXml('publish', { node: NODE }, writeXml('item', { id: peer }, displayed))
    // Only what both servers take; nobody else may read what was read.
    const options = submitForm(NS.publishOptions, { 'pubsub#access_model': 'whitelist' })
    const pubsub = writeXml('pubsub', { xmlns: NS.pubsub }, publish, writeXml('publish-options', {}, options))
    try {
      await ask('set', pubsub)
    } catch (error) {
      if (!(error instanceof AskError) || error.condition !== 'conflict') throw error
      // Another client has made the node, and otherwise.
      await this.#configure()
      await ask('set', pubsub)
    }
    if (this.#node === 'unknown') await this.#configure()
  }

  /** A server keeps one marker of all conversations unless it is told to keep more. */
  async #configure(): Promise<void> {
    this.#node = 'configured'
    for (const kept of KEPT) {
      const fields = { 'pubsub#access_model': 'whitelist', 'pubsub#max_items': kept }
      const form = submitForm('http://jabber.org/protocol/pubsub#node_config', fields)
      const configure = writeXml('configure', { node: NODE }, form)
      try {
        await this.#ports.ask('set', writeXml('pubsub', { xmlns: NS.pubsubOwner }, configure))
        return
      } catch (error) {
        if (!(error instanceof AskError) || error.condition === 'gone') throw error
      }
    }
  }

  async #take(items: XmlElement | undefined): Promise<void> {
    const { own, feeds, store } = this.#ports
    const reads = (items ? childrenOf(items, 'item') : []).map((item) => {
      const peer = item.attrs['id']?.toLowerCase()
      const displayed = childOf(item, 'displayed', NODE)
      const stanzaId = displayed && childOf(displayed, 'stanza-id', NS.stanzaIds)
      if (peer === undefined || stanzaId?.attrs['by']?.toLowerCase() !== own) return Promise.resolve()
      const row = feeds.rowOf(
        peer,
        ({ archive }) => archive !== undefined && archive === stanzaId.attrs['id'],
      )
      if (!row) return Promise.resolve()
      const told = Math.max(row.seq, store.conversation(row.feed)?.told ?? 0)
      store.updateConversation(row.feed, peer, { told })
      return feeds.readUpTo(row.feed, row.seq)
    })
    await Promise.all(reads)
  }
}

/** Up to which seq all is read: a marker can say no more. */
export function readEnd({ from, read }: FeedRecord): number {
  const [first] = read
  return first && first[0] <= from ? first[1] : 0
}
