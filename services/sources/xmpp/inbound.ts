import { writeXml } from '@herald/protocol'
import type { Arrival } from '../../inbox/live-inbox'
import type { SourceHost } from '../source'
import type { Archived } from './archive'
import type { Missed } from './catch-up'
import { chatDataOf, rankOf, type ChatFeeds } from './chat-feeds'
import { ARCHIVE_START, type ArchiveCursor, type ChatStore, type OutboxEntry } from './chat-record'
import { rankLate } from './late-letters'
import type { Edit, Letter, Mark } from './letters'
import { NS } from './namespaces'
import type { Outbox } from './outbox'

/** A clock may differ so much from the server's before more of the archive is read than has to be, ms. */
const SKEW_MS = 120_000

/** Where messages come from: the account itself or a room, each with an archive of its own. */
export interface Place {
  readonly moveCursor: (cursor: ArchiveCursor) => void
  readonly read: (item: Archived) => Letter | Mark | Edit | undefined
}

/** What was here when an archive was asked. */
export interface Asked {
  readonly feeds: ReturnType<SourceHost['feeds']>
  readonly cursor: ArchiveCursor | null
}

export interface InboundPorts {
  readonly place: Place
  /** Whether what is here has the archive's order. */
  readonly isOrdered: () => boolean
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

/** Brings what comes from one place into the conversations, in the order of its archive. */
export class Inbound {
  readonly #ports: InboundPorts
  /** What came while the archive was read: it comes behind it. Null: nothing is held back. */
  #held: Held[] | null = null
  /**
   * What a server says to have kept since before this time, ms since 1970, the archive has said all of: ejabberd brings it once
   * more by itself, and what lies below the newest page must not come behind it.
   */
  #coveredUntil = 0
  /** Whether all that the archive has until now is here: only then may the cursor pass over it. */
  #isWhole = false
  /** How far the other one is, of which it is not known what came before it. */
  #unordered: Mark[] = []

  constructor(ports: InboundPorts) {
    this.#ports = ports
  }

  /** What comes from now on waits. */
  hold(): void {
    this.#held ??= []
    this.#isWhole = false
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

  /**
   * What came while this device was away. Resolves when it is stored, and the cursor with it.
   * @param asked what was here when the archive was asked
   * @param wasLost the device has lost what it held: what was read is for the account's markers to say
   */
  async catchUp({ items, gap, backlog }: Missed, asked: Asked, wasLost: boolean): Promise<void> {
    const { place, feeds, store, outbox } = this.#ports
    const known = items.findIndex(({ archiveId }) => archiveId === asked.cursor?.id)
    const letters: Letter[] = []
    const rest: (Mark | Edit)[] = []
    const reads = rankLate(items.map(place.read), feeds, asked.feeds)
    for (const [at, read] of reads.entries()) {
      if (!read) continue
      const isWaiting = read.out && read.type === 'letter' && outbox.entries.some(({ id }) => id === read.id)
      // Behind the cursor all is news; before it only what is still on its way out.
      if (at <= known && !isWaiting) continue
      if (read.type === 'letter') letters.push(read)
      else rest.push(read)
    }
    const missed = { catchUp: true, backlog: backlog || store.record.pushes }
    const stored = this.#fill(letters, backlog && !wasLost, missed, gap)
    // They stand in the conversation by now.
    const settled = letters.flatMap(({ out, id }) => (out && id !== undefined ? [id] : []))
    outbox.settle(settled, 'archive')
    await stored
    for (const one of rest) {
      const left = await this.#apply(one)
      if (left) await feeds.append([left], () => missed)
    }
    const last = items.at(-1)
    this.#coveredUntil = Date.parse(last?.stamp ?? '') || this.#coveredUntil
    this.#isWhole = true
    if (last) place.moveCursor(cursorOf(last, this.#ports.now()))
    else if (backlog) place.moveCursor(ARCHIVE_START)
  }

  /**
   * Puts what an archive has where the archive has it: what waits to come as news may be before what does not.
   * @param isOld what was there before this device is read
   */
  async #fill(
    letters: readonly Letter[],
    isOld: boolean,
    missed: Arrival,
    gap: Missed['gap'],
  ): Promise<void> {
    const { feeds, store } = this.#ports
    const live = new Set<string | undefined>(this.#held?.flatMap(({ read }) => liveIdOf(read) ?? []))
    const firstLive = letters.findIndex(({ archiveId }) => live.has(archiveId))
    const old = new Set(firstLive < 0 ? letters : letters.slice(0, firstLive))
    const arrivalOf = (letter: Letter): Arrival => {
      if (old.has(letter)) return missed
      // A push has told of what came meanwhile, and two alerts are one too many.
      return live.has(letter.archiveId) ? { catchUp: false } : { catchUp: true, backlog: store.record.pushes }
    }
    const stored = [feeds.append(letters, arrivalOf, gap)]
    if (isOld) for (const letter of old) stored.push(this.#readTo(letter))
    await Promise.all(stored)
  }

  /** What is here may have the archive's order now. */
  async ordered(): Promise<void> {
    for (const mark of this.#unordered.splice(0)) await this.#mark(mark)
  }

  /** The server has a message that was written here. */
  wrote({ id, peer, body, time }: OutboxEntry): Promise<void> {
    const letter: Letter = { type: 'letter', peer, out: true, body, id, time, markable: false }
    return this.#ports.feeds.append([letter], () => ({ catchUp: false }))
  }

  /** Tells the other one that its messages were read, if it wants to know. */
  sayRead(feed: string, told: number, end: number): void {
    const { store, feeds, send } = this.#ports
    const known = store.conversation(feed)
    const row = feeds.rowAt(feed, end, ({ markable }) => markable)
    if (!known || !row || row.seq <= told) return
    const { stanza } = chatDataOf(row)
    if (stanza !== undefined) send(writeMark(known.peer, 'displayed', NS.markers, stanza))
  }

  async #bring(given: Read): Promise<void> {
    const read = given.type === 'letter' ? given : await this.#apply(given)
    if (!read) return
    const { place, isOrdered, feeds, store, outbox, send, now } = this.#ports
    const late = read.time !== undefined
    if (read.time !== undefined && read.archiveId !== undefined && read.time < this.#coveredUntil) return
    const stored = feeds.append([read], () => ({ catchUp: late, backlog: late && store.record.pushes }))
    // A room sends everybody's words to all, to whom wrote them too.
    if (read.out && read.id !== undefined) outbox.settle([read.id], 'archive')
    await stored
    if (read.receiptTo !== undefined && read.id !== undefined)
      send(writeMark(read.receiptTo, 'received', NS.receipts, read.id))
    if (read.archiveId !== undefined && this.#isWhole && isOrdered())
      place.moveCursor({ id: read.archiveId, stamp: isoOf((read.time ?? now()) - SKEW_MS) })
  }

  /** What stands here changes. Answers a correction of what does not stand here: it is a message like any other. */
  async #apply(read: Mark | Edit): Promise<Letter | undefined> {
    if (read.type !== 'edit') {
      await this.#mark(read)
      return undefined
    }
    const { feeds } = this.#ports
    const { instead } = read
    const row = feeds.rowOfEdit(read)
    if (!row) return instead ?? undefined
    if (chatDataOf(row).recalled) return undefined
    await feeds.revise(
      row,
      instead ? { body: instead.body, data: { corrected: true } } : { body: '', data: { recalled: true } },
    )
    return undefined
  }

  async #mark(mark: Mark): Promise<void> {
    const { type, peer: bare, full, out, id } = mark
    const { feeds, store, outbox, isOrdered } = this.#ports
    const peer = full !== undefined && store.conversation(feeds.feedOf(full)) ? full : bare
    // The other end's word, or its refusal, may come before the server's that it has the message.
    if (!out && outbox.entries.some((entry) => entry.id === id && entry.peer === peer))
      outbox.settle([id], 'live')
    const row = feeds.rowOf(peer, (data) => data.stanza === id && (data.out ?? false) !== out)
    if (!row) return
    if (type === 'bounced') {
      await feeds.revise(row, { data: { failed: true } })
      return
    }
    if (out) {
      // Another device of this account has shown it.
      if (type === 'displayed') await feeds.readUpTo(row, rankOf(row))
      return
    }
    if (!isOrdered()) {
      this.#unordered.push(mark)
      return
    }
    const { delivered = 0, displayed = 0 } = store.conversation(row.feed) ?? {}
    const rank = rankOf(row)
    store.updateConversation(row.feed, peer, {
      delivered: Math.max(rank, delivered),
      displayed: Math.max(type === 'displayed' ? rank : 0, displayed),
    })
  }

  async #readTo(letter: Letter): Promise<void> {
    const { feeds } = this.#ports
    const row = feeds.find(letter)
    if (row) await feeds.readUpTo(row, rankOf(row))
  }
}

/** What the archive calls a message that came just now. */
const liveIdOf = (read: Read): string | undefined =>
  read.type === 'letter' && read.time === undefined ? read.archiveId : undefined

/** What is said of somebody's message. */
const writeMark = (to: string, name: string, xmlns: string, id: string): string =>
  writeXml(
    'message',
    { xmlns: NS.client, type: 'chat', to },
    writeXml(name, { xmlns, id }),
    writeXml('store', { xmlns: 'urn:xmpp:hints' }),
  )

const cursorOf = ({ archiveId, stamp }: Archived, now: number): ArchiveCursor => ({
  id: archiveId,
  stamp: stamp ?? isoOf(now - SKEW_MS),
})

const isoOf = (time: number): string => new Date(time).toISOString()
