import type { HistoryPage, Message } from '@herald/protocol'
import type { SourceHost } from '../source'
import type { Archive } from './archive'
import { chatDataOf, type ChatFeeds } from './chat-feeds'
import { readLetter, type Letter } from './letters'

const PAGE = 50

/** Receipts and markers fill pages of an archive that hold no message at all. */
const MAX_PAGES = 10

interface OlderPorts {
  readonly archive: Archive
  readonly host: SourceHost
  readonly feeds: ChatFeeds
  readonly own: string
}

/** The page of a conversation below what is held of it; undefined: nothing is known of it. Rejects with an AskError. */
export async function readOlder(
  { archive, host, feeds, own }: OlderPorts,
  feed: string,
  peer: string,
): Promise<HistoryPage | undefined> {
  const record = host.feeds()[feed]
  if (!record) return undefined
  // The archive is older than what was just written here and has no id yet.
  const oldest = [...host.rows(feed)].reverse().find((row) => chatDataOf(row).archive !== undefined)
  const known = new Set(host.rows(feed).flatMap((row) => chatDataOf(row).stanza ?? []))
  let before = oldest ? (chatDataOf(oldest).archive ?? '') : ''
  let complete = false
  let letters: Letter[] = []
  for (let pages = 0; pages < MAX_PAGES && letters.length === 0 && !complete; pages += 1) {
    const page = await archive.page({ with: peer, before, max: PAGE })
    complete = page.complete
    before = page.items[0]?.archiveId ?? before
    letters = page.items.flatMap((item) => {
      const read = readLetter(item, own)
      const isHere = read?.type === 'letter' && read.out && read.id !== undefined && known.has(read.id)
      return read?.type === 'letter' && !isHere ? [read] : []
    })
  }
  const first = record.low - letters.length
  const messages = letters.map((letter, at): Message =>
    feeds.messageAt(feed, first + at, letter, letter.time ?? 0),
  )
  const from = complete ? first : record.from
  return { feed, epoch: record.epoch, from, head: record.head, messages }
}
