import { clipRanges, MAX_READ_RANGES, rangesHold, unionRanges, type ReadRanges } from '@herald/protocol'
import type { FeedRecord } from '../storage/storage'

/** How far this device has its feeds. */
type Feeds = Readonly<Record<string, Pick<FeedRecord, 'epoch' | 'cursor'>>>

interface PushedFeed {
  readonly epoch: string
  readonly ranges: ReadRanges
}

/**
 * The seqs that a push service took for this device and whose messages are still to come. In memory only: the gateway
 * tells them anew after each welcome.
 */
export class PushedSeqs {
  readonly #feeds = new Map<string, PushedFeed>()

  /** Adds what the gateway told. Seqs that the device has passed are not kept. */
  add(feed: string, epoch: string, ranges: ReadRanges, feeds: Feeds): void {
    const known = this.#feeds.get(feed)
    const all = unionRanges(known?.epoch === epoch ? known.ranges : [], ranges)
    // Of a feed with more holes than this, the oldest pushes are alerted again: better than growing for ever.
    this.#feeds.set(feed, { epoch, ranges: all.slice(-MAX_READ_RANGES) })
    this.forgetPassed(feed, feeds)
  }

  holds(feed: string, epoch: string, seq: number): boolean {
    const known = this.#feeds.get(feed)
    return known?.epoch === epoch && rangesHold(known.ranges, seq)
  }

  /** Lets go of what has come, was trimmed or skipped, and of feeds that were left or have another epoch. */
  forgetPassed(feed: string, feeds: Feeds): void {
    const known = this.#feeds.get(feed)
    const record = feeds[feed]
    if (!known) return
    const left =
      record?.epoch === known.epoch
        ? clipRanges(known.ranges, record.cursor + 1, Number.MAX_SAFE_INTEGER)
        : []
    if (left.length === 0) this.#feeds.delete(feed)
    else this.#feeds.set(feed, { epoch: known.epoch, ranges: left })
  }
}
