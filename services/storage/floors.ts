import type { Message } from '@herald/protocol'
import type { FeedRecord } from './storage'

/** For each feed the smallest seq that storage still has room for, in one epoch. */
export type Floors = Readonly<Record<string, { readonly epoch: string; readonly seq: number }>>

/** The smallest seq that a feed's window can begin with; 0 without a floor. */
export function floorOf(floors: Floors, record: FeedRecord): number {
  const floor = floors[record.feed]
  return floor?.epoch === record.epoch ? floor.seq : 0
}

/**
 * Floors above the rows that are dropped for want of room. They outlive the drop, since the app goes on writing
 * records whose `low` is below: without the floor, the next start would take a hole for a complete window.
 */
export function raiseFloors(
  floors: Floors,
  feeds: readonly FeedRecord[],
  dropped: readonly Message[],
): Floors {
  const raised = { ...floors }
  for (const { feed, seq } of dropped) {
    const epoch = feeds.find((record) => record.feed === feed)?.epoch ?? ''
    raised[feed] = { epoch, seq: Math.max(seq + 1, raised[feed]?.seq ?? 0) }
  }
  return raised
}

/** A floor goes when its feed was dropped or has another epoch. */
export function keepFloors(floors: Floors, feeds: readonly FeedRecord[], dropped: readonly string[]): Floors {
  const kept = Object.entries(floors).filter(([feed, floor]) => {
    const record = feeds.find((other) => other.feed === feed)
    return !dropped.includes(feed) && (record === undefined || record.epoch === floor.epoch)
  })
  return Object.fromEntries(kept)
}
