import type { SourceHost } from '../source'
import { rankOf, type ChatFeeds } from './chat-feeds'
import type { Edit, Letter, Mark } from './letters'

/** So many rows have room between two seqs: 2^40 and more leaves a number 12 bits for a fraction. */
const STEPS = 2 ** 11

type Read = Letter | Mark | Edit | undefined

/**
 * What an archive has, oldest first. A letter that comes behind what the archive has after it gets a rank, and so does its row,
 * if it is here: while an archive does not answer, what is said meanwhile comes first, and a word from here stands where the
 * server's word that it has it came.
 * @param asked the feeds when the archive was asked: what has come since, and is not among its letters, was said after them
 */
export function rankLate(
  reads: readonly Read[],
  feeds: ChatFeeds,
  asked: ReturnType<SourceHost['feeds']>,
): Read[] {
  const here = new Map(reads.map((read) => [read, read?.type === 'letter' ? feeds.find(read) : undefined]))
  const known = new Set(here.values())
  const lowest = new Map<string, number>()
  const since = (feed: string): readonly number[] =>
    feeds.since(feed, asked[feed]?.cursor ?? 0).flatMap((row) => (known.has(row) ? [] : [row.seq]))
  const ranked = [...reads].reverse().map((read) => {
    if (read?.type !== 'letter') return read
    const feed = feeds.feedOf(read.peer)
    const limit = lowest.get(feed) ?? Math.min(...since(feed))
    const row = here.get(read)
    const isLate = !row || rankOf(row) > limit
    const rank = isLate ? limit - 1 / STEPS : rankOf(row)
    lowest.set(feed, rank)
    if (!isLate || rank === Infinity) return read
    if (row) void feeds.revise(row, { data: { rank } })
    return { ...read, rank }
  })
  return ranked.reverse()
}
