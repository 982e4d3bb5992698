import { feedKind } from '@herald/protocol'
import type { SourceHost } from '../source'
import type { Archive } from './archive'
import { readMissed } from './catch-up'
import type { ChatFeeds } from './chat-feeds'
import type { ArchiveCursor, ChatStore, OutboxEntry } from './chat-record'
import { Inbound } from './inbound'
import { readLetter } from './letters'
import type { Unwrapped } from './origin'
import type { Outbox, Word } from './outbox'

export interface AccountArchivePorts {
  readonly archive: Archive
  readonly host: SourceHost
  readonly feeds: ChatFeeds
  readonly store: ChatStore
  readonly outbox: Outbox
  readonly send: (xml: string) => boolean
  readonly now: () => number
  /** The own bare address. */
  readonly own: string
}

/** What goes to the account itself: as it comes, and behind what its archive has of the time before. */
export class AccountArchive {
  readonly #ports: AccountArchivePorts
  readonly inbound: Inbound
  #running: Promise<void> | null = null
  /** The device has lost what it held. */
  #wasLost = false
  #isWhole = false
  /** Words from here that something has crossed on its way: only the archive knows which came first. */
  #crossed: readonly OutboxEntry[] = []

  constructor(ports: AccountArchivePorts) {
    const { store, own } = ports
    this.#ports = ports
    const place = {
      moveCursor: (archive: ArchiveCursor) => {
        store.update({ archive })
      },
      read: (found: Unwrapped) => readLetter(found, own),
    }
    this.inbound = new Inbound({ ...ports, place, isOrdered: () => this.#crossed.length === 0 })
  }

  /** Whether all that came before this session is here, in the archive's order. */
  get isCaughtUp(): boolean {
    return this.#isWhole && this.#crossed.length === 0
  }

  /** The server has a word that was written here. Answers whether the archive has to be asked for its place. */
  settled(entry: OutboxEntry, word: Word): boolean {
    const isPassed = word === 'live' && this.#ports.feeds.isNamedSince(entry.feed, entry.behind)
    const isCrossed = !entry.room && (isPassed || word === 'resumed')
    void this.inbound.wrote(entry)
    if (isCrossed) this.#crossed = [...this.#crossed, entry]
    return isCrossed
  }

  /** Another session than before. What comes now waits until what was missed is here. */
  begin(): void {
    this.#isWhole = false
    this.#running = null
    this.inbound.hold()
    this.#mendLoss()
  }

  /** A resume in the middle of it goes on with the same: the server answers what it was asked before. Rejects with an AskError. */
  catchUp(): Promise<void> {
    if (this.#running) return this.#running
    const mine: Promise<void> = this.#catchUp(() => this.#running === mine).finally(() => {
      if (this.#running === mine) this.#running = null
    })
    this.#running = mine
    return mine
  }

  /** @param isMine no other session has begun since */
  async #catchUp(isMine: () => boolean): Promise<void> {
    const { archive, store, host } = this.#ports
    const { archive: cursor, outbox } = store.record
    try {
      const crossed = this.#crossed
      const from = { cursor, unsent: [...outbox.filter(({ room }) => !room), ...crossed] }
      const asked = { feeds: host.feeds(), cursor }
      const missed = await readMissed((query) => archive.page(query), from)
      if (!isMine()) return
      await this.inbound.catchUp(missed, asked, this.#wasLost)
      this.#wasLost = false
      this.#crossed = this.#crossed.filter((entry) => !crossed.includes(entry))
      await this.inbound.ordered()
      if (isMine()) this.#isWhole = true
    } finally {
      if (isMine()) this.inbound.release()
    }
  }

  /** Where the inbox has lost its conversations, what the archive has of them is read anew. */
  #mendLoss(): void {
    const { store, host, feeds } = this.#ports
    const known = Object.values(store.record.conversations)
    const isHeld = Object.keys(host.feeds()).some((feed) => feedKind(feed) === 'chat')
    if (known.length === 0 || isHeld) return
    this.#wasLost = true
    store.update({ archive: null })
    for (const { peer, room } of known) if (!room) feeds.begin(peer)
  }
}
