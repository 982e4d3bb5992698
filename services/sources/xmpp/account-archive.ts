import { feedKind } from '@herald/protocol'
import type { SourceHost } from '../source'
import type { Archive } from './archive'
import { readMissed } from './catch-up'
import type { ChatFeeds } from './chat-feeds'
import type { ArchiveCursor, ChatStore } from './chat-record'
import { Inbound } from './inbound'
import { readLetter } from './letters'
import type { Unwrapped } from './origin'
import type { Outbox } from './outbox'

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
  /** Whether all that came before this session is here. */
  isCaughtUp = false

  constructor(ports: AccountArchivePorts) {
    const { store, own } = ports
    this.#ports = ports
    const place = {
      cursor: () => store.record.archive,
      moveCursor: (archive: ArchiveCursor) => {
        store.update({ archive })
      },
      read: (found: Unwrapped) => readLetter(found, own),
    }
    this.inbound = new Inbound({ ...ports, place })
  }

  /** Another session than before. What comes now waits until what was missed is here. */
  begin(): void {
    this.isCaughtUp = false
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
    const { archive, store } = this.#ports
    const { archive: cursor, outbox } = store.record
    try {
      const from = { cursor, unsent: outbox.filter(({ room }) => !room) }
      const missed = await readMissed((query) => archive.page(query), from)
      if (!isMine()) return
      await this.inbound.catchUp(missed, this.#wasLost)
      this.#wasLost = false
      if (isMine()) this.isCaughtUp = true
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
