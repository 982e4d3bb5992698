import type { FeedState, Message, ReadRanges } from '@herald/protocol'

/** A message's id by feed, epoch and seq: a UUID that a test can compute. */
export function idOf(feed: string, seq: number, epoch = 'e1'): string {
  let hash = 7
  for (const char of `${feed}/${epoch}`) hash = (hash * 31 + char.charCodeAt(0)) % 0xffffffff
  return `${hash.toString(16).padStart(8, '0')}-0000-4000-8000-${seq.toString(16).padStart(12, '0')}`
}

/** A message of a feed; its time is its seq, so that feeds interleave. */
export function message(feed: string, seq: number, patch: Partial<Message> = {}, epoch = 'e1'): Message {
  return {
    id: idOf(feed, seq, epoch),
    feed,
    seq,
    time: 1000 + seq,
    body: `${feed} ${String(seq)}`,
    priority: 3,
    ...patch,
  }
}

/** Messages `first..last` of a feed. */
export function messages(feed: string, first: number, last: number, epoch = 'e1'): Message[] {
  return Array.from({ length: last - first + 1 }, (_, index) => message(feed, first + index, {}, epoch))
}

/** A feed's state as a welcome tells it. */
export function feedState(feed: string, head: number, patch: Partial<FeedState> = {}): FeedState {
  return { feed, epoch: 'e1', from: 1, head, unread: head, read: [], muted: false, ...patch }
}

/** Ranges that a frame may hold: its arrays are not readonly. */
export const writable = (ranges: ReadRanges): [number, number][] =>
  ranges.map(([first, last]) => [first, last])
