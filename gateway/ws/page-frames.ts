import { feedKind } from '@herald/protocol'
import type { FeedHead, FeedLog } from '../contracts/feed-log'
import { encodePage } from './wire/text-frame'

/** Messages that go into one catch-up frame. */
const MESSAGES_PER_FRAME = 25

/** Frames that are kept take no more than this, in bytes; one more, and all are made anew. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024

/** A part of a feed as it goes over the wire. */
export interface PageFrame {
  readonly first: number
  readonly last: number
  readonly frame: Buffer
}

/**
 * Frames of catch-up. When all devices come back at once they have the same cursors in the feeds that they share, so a
 * frame that was made for one is kept for the others.
 */
export class PageFrames {
  readonly #log: FeedLog
  readonly #kept = new Map<string, PageFrame>()
  #keptBytes = 0

  constructor(log: FeedLog) {
    this.#log = log
  }

  /** The messages after a seq, as many as fit into one frame; undefined when there are none. */
  async read(head: FeedHead, after: number): Promise<PageFrame | undefined> {
    const key = `${head.feed} ${head.epoch} ${String(after)}`
    const kept = this.#kept.get(key)
    if (kept && kept.first >= head.from && (isFull(kept) || kept.last === head.head)) return kept
    const page = await this.#log.readJson(head.feed, { after, limit: MESSAGES_PER_FRAME })
    if (!page) return undefined
    const made = { first: page.first, last: page.last, frame: encodePage(head, page) }
    if (feedKind(head.feed) !== 'user') this.#keep(key, made)
    return made
  }

  #keep(key: string, made: PageFrame): void {
    this.#keptBytes += made.frame.length - (this.#kept.get(key)?.frame.length ?? 0)
    if (this.#keptBytes > MAX_KEPT_BYTES) {
      this.#kept.clear()
      this.#keptBytes = made.frame.length
    }
    this.#kept.set(key, made)
  }
}

/** Whatever is published, the page stays as it is. */
const isFull = ({ first, last }: PageFrame): boolean => last - first + 1 === MESSAGES_PER_FRAME
