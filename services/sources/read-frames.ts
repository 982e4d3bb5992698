import {
  clipRanges,
  MAX_READ_RANGES,
  missingRanges,
  type ClientFrame,
  type FeedState,
  type Range,
  type ReadRanges,
} from '@herald/protocol'
import type { FeedRecord } from '../storage/storage'

/** `read` frames for these ranges. 200 ranges are at most 8 KB of JSON, half of what the gateway takes. */
export function readFrames(feed: string, epoch: string, ranges: ReadRanges): ClientFrame[] {
  const frames: ClientFrame[] = []
  for (let start = 0; start < ranges.length; start += MAX_READ_RANGES) {
    frames.push({ type: 'read', feed, epoch, ranges: ranges.slice(start, start + MAX_READ_RANGES).map(copy) })
  }
  return frames
}

/** What was read on this device and the gateway does not know: reads made offline, or lost with a socket. */
export function unsentReads(record: FeedRecord, told: FeedState): ReadRanges {
  const retained = clipRanges(record.read, told.from, told.head)
  return retained.flatMap(([first, last]) => missingRanges(told.read, first, last))
}

const copy = ([first, last]: Range): [number, number] => [first, last]
