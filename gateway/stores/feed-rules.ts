import { clipRanges, missingRanges, unionRanges, type ReadRanges } from '@herald/protocol'
import { randomBytes } from 'node:crypto'

/** What a log keeps. */
export interface Retention {
  /** Messages older than this go, in ms. */
  readonly maxAgeMs: number
  /** Most messages that a feed keeps. */
  readonly maxCount: number
}

/** Messages that one trim looks at in a feed before it lets others write. */
export const TRIM_STEP = 1000

/**
 * A feed's times do not go back by less than this (ms), which a time server may trim. By more, the clock was wrong before:
 * then it is gone by again, and the seqs alone say the order.
 */
export const TIME_FLOOR_MS = 60_000

/** The time of a feed's next message, ms. @param last the time of the one before */
export const nextTime = (last: number, now: number): number =>
  last - now > TIME_FLOOR_MS ? now : Math.max(now, last)

/** An epoch names one life of a log; random, so that no two lives share it. */
export const newEpoch = (): string => randomBytes(9).toString('base64url')

/**
 * The JSON of a Message, put together from texts: the content was made JSON once, where it came in.
 * @param name the feed's, as JSON
 * @param content JSON of an object with at least one field
 */
export const messageJson = (id: string, name: string, seq: number, time: number, content: string): string =>
  `{"id":"${id}","feed":${name},"seq":${String(seq)},"time":${String(time)},${content.slice(1)}`

/** What a log holds, as seqs. */
interface Held {
  readonly first: number
  readonly head: number
}

/**
 * Merges ranges into what a user has read. Seqs above the head are cut off: nobody has read what does not exist.
 * Everything below the log's beginning counts as one range, so that the set stays small as the log is trimmed.
 */
export function mergeReads(
  known: ReadRanges,
  ranges: ReadRanges,
  { first, head }: Held,
): { readonly added: ReadRanges; readonly ranges: ReadRanges } {
  const before = clipRanges(known, first, head)
  const given = clipRanges(unionRanges([], ranges), first, head)
  return {
    added: given.flatMap(([from, to]) => missingRanges(before, from, to)),
    ranges: unionRanges(before, given),
  }
}
