import { writeXml } from '@herald/protocol'
import type { Archived } from './archive'
import type { Missed } from './catch-up'
import { chatDataOf, type ChatFeeds } from './chat-feeds'
import type { ArchiveCursor, ChatStore, OutboxEntry } from './chat-record'
import { readLetter, type Edit, type Letter, type Mark } from './letters'
import { NS } from './namespaces'
import type { Outbox } from './outbox'

/** A clock may differ so much from the server's before more of the archive is read than has to be, ms. */
const SKEW_MS = 120_000

export interface InboundPorts {
  readonly feeds: ChatFeeds
  readonly store: ChatStore
  readonly outbox: Outbox
  readonly send: (xml: string) => boolean
  readonly now: () => number
}

type Read = Letter | Mark | Edit

interface Held {
  readonly read: Read
  readonly done: () => void
}

/** Brings what the server sends into the conversations, in its order. */
export class Inbound {
  readonly #ports: InboundPorts
  /** What came while the archive was read: it comes behind it. Null: nothing is held back. */
  #held: Held[] | null = null
  /**
   * What a server says to have kept since before this time, ms since 1970, the archive has said all of: ejabberd brings it once
   * more by itself, and what lies below the newest page must not come behind it.
   */
  #coveredUntil = 0

  constructor(ports: InboundPorts) {
    this.#ports = ports
  }

  /** What comes from now on waits. */
  hold(): void {
    this.#held ??= []
  }

  /** What has waited comes now. */
  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const { read, done } of held) void this.#bring(read).then(done)
  }

  /** Something came just now. Resolves when it is stored. */
  take(read: Read): Promise<void> {
    const held = this.#held
    if (!held) return this.#bring(read)
    return new Promise((done) => held.push({ read, done }))
  }

  /** What came while this device was away. Resolves when it is stored, and the cursor with it. */
  async catchUp({ items: all, gap, backlog }: Missed, own: string): Promise<void> {
    const { feeds, store, outbox } = this.#ports
    // What came by itself meanwhile is news, and comes as such behind this.
    const live = new Set(this.#held?.flatMap(({ read }) => liveIdOf(read) ?? []))
    const items = all.filter(({ archiveId }) => !live.has(archiveId))
    const cursor = store.record.archive
    const known = items.findIndex(({ archiveId }) => archiveId === cursor?.id)
    const letters: Letter[] = []
    const rest: (Mark | Edit)[] = []
    for (const [at, item] of items.entries()) {
      const read = readLetter(item, own)
      if (!read) continue
      const isWaiting = read.out && read.type === 'letter' && outbox.entries.some(({ id }) => id === read.id)
      // Behind the cursor all is news; before it only what is still on its way out.
      if (at <= known && !isWaiting) continue
      if (read.type === 'letter') letters.push(read)
      else rest.push(read)
    }
    // A push has told of what came meanwhile, and two alerts are one too many.
    await feeds.append(letters, { catchUp: true, backlog: backlog || store.record.pushes }, gap)
    if (backlog) await Promise.all(letters.map(({ peer }) => this.#readAll(peer)))
    // They stand in the conversation by now.
    outbox.settle(letters.flatMap(({ out, id }) => (out && id !== undefined ? [id] : [])))
    for (const one of rest) {
      const left = await this.#apply(one)
      if (left) await feeds.append([left], { catchUp: true, backlog: backlog || store.record.pushes })
    }
    const last = items.at(-1)
    this.#coveredUntil = Date.parse(last?.stamp ?? '') || this.#coveredUntil
    if (last) store.update({ archive: cursorOf(last, this.#ports.now()) })
  }

  /** The server has a message that was written here. */
  wrote({ id, peer, body, time }: OutboxEntry): Promise<void> {
    const letter: Letter = { type: 'letter', peer, out: true, body, id, time, markable: false }
    return this.#ports.feeds.append([letter], { catchUp: false })
  }

  /** Tells the other one that its messages were read, if it wants to know. */
  sayRead(feed: string, told: number, end: number): void {
    const { store, feeds, send } = this.#ports
    const peer = store.conversation(feed)?.peer
    if (peer === undefined) return
    const row = feeds.rowAt(feed, (at, data) => at <= end && data.markable === true)
    const stanza = row && chatDataOf(row).stanza
    if (!row || stanza === undefined || row.seq <= told) return
    const displayed = writeXml('displayed', { xmlns: NS.markers, id: stanza })
    const keep = writeXml('store', { xmlns: 'urn:xmpp:hints' })
    send(writeXml('message', { xmlns: NS.client, type: 'chat', to: peer }, displayed, keep))
  }

  async #bring(given: Read): Promise<void> {
    const read = given.type === 'letter' ? given : await this.#apply(given)
    if (!read) return
    const { feeds, store, send, now } = this.#ports
    const late = read.time !== undefined
    if (read.time !== undefined && read.archiveId !== undefined && read.time < this.#coveredUntil) return
    await feeds.append([read], { catchUp: late, backlog: late && store.record.pushes })
    if (read.receiptTo !== undefined && read.id !== undefined) send(writeReceipt(read.receiptTo, read.id))
    if (read.archiveId !== undefined)
      store.update({ archive: { id: read.archiveId, stamp: isoOf((read.time ?? now()) - SKEW_MS) } })
  }

  /** What stands here changes. Answers a correction of what does not stand here: it is a message like any other. */
  async #apply(read: Mark | Edit): Promise<Letter | undefined> {
    if (read.type !== 'edit') {
      await this.#mark(read)
      return undefined
    }
    const { feeds } = this.#ports
    const { peer, out, target, instead } = read
    // Only who wrote a message may change it: of anybody else's there is none by this name.
    const row = feeds.rowOf(peer, (data) => data.stanza === target && (data.out ?? false) === out)
    if (!row) return instead ?? undefined
    if (chatDataOf(row).recalled) return undefined
    await feeds.revise(
      row,
      instead ? { body: instead.body, data: { corrected: true } } : { body: '', data: { recalled: true } },
    )
    return undefined
  }

  async #mark({ type, peer, out, id }: Mark): Promise<void> {
    const { feeds, store, outbox } = this.#ports
    // The other end's refusal may come before the server's word that it has the message.
    if (type === 'bounced') outbox.settle([id])
    const row = feeds.rowOf(peer, (data) => data.stanza === id && (data.out ?? false) !== out)
    if (!row) return
    if (type === 'bounced') {
      await feeds.revise(row, { data: { failed: true } })
      return
    }
    if (out) {
      // Another device of this account has shown it.
      if (type === 'displayed') await feeds.readUpTo(row.feed, row.seq)
      return
    }
    const known = store.conversation(row.feed)
    const delivered = Math.max(row.seq, known?.delivered ?? 0)
    const displayed =
      type === 'displayed' ? Math.max(row.seq, known?.displayed ?? 0) : (known?.displayed ?? 0)
    store.updateConversation(row.feed, peer, { delivered, displayed })
  }

  /** What was there before this device is no news. */
  async #readAll(peer: string): Promise<void> {
    const { feeds } = this.#ports
    const last = feeds.rowOf(peer, () => true)
    if (last) await feeds.readUpTo(last.feed, last.seq)
  }
}

/** What the archive calls a message that came just now. */
const liveIdOf = (read: Read): string | undefined =>
  read.type === 'letter' && read.time === undefined ? read.archiveId : undefined

const writeReceipt = (to: string, id: string): string =>
  writeXml(
    'message',
    { xmlns: NS.client, type: 'chat', to },
    writeXml('received', { xmlns: NS.receipts, id }),
    writeXml('store', { xmlns: 'urn:xmpp:hints' }),
  )

const cursorOf = ({ archiveId, stamp }: Archived, now: number): ArchiveCursor => ({
  id: archiveId,
  stamp: stamp ?? isoOf(now - SKEW_MS),
})

const isoOf = (time: number): string => new Date(time).toISOString()
