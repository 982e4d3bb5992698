import type { HistoryPage, Message } from '@herald/protocol'
import type { SourceHost } from '../source'
import type { ArchivePage, ArchiveQuery, Archived } from './archive'
import { chatDataOf, rankOf, type ChatFeeds } from './chat-feeds'
import type { Edit, Letter, Mark } from './letters'

const PAGE = 50

/** Receipts and markers fill pages of an archive that hold no message at all. */
const MAX_PAGES = 10

interface OlderPorts {
  readonly page: (query: Pick<ArchiveQuery, 'before' | 'max'>) => Promise<ArchivePage>
  readonly read: (item: Archived) => Letter | Mark | Edit | undefined
  readonly host: SourceHost
  readonly feeds: ChatFeeds
}

/** The page of a conversation below what is held of it; undefined: nothing is known of it. Rejects with an AskError. */
export async function readOlder(
  { page, read, host, feeds }: OlderPorts,
  feed: string,
): Promise<HistoryPage | undefined> {
  const record = host.feeds()[feed]
  if (!record) return undefined
  // The archive is older than what was just written here and has no id yet.
  const [oldest] = host
    .rows(feed)
    .filter((row) => chatDataOf(row).archive !== undefined)
    .sort((a, b) => rankOf(a) - rankOf(b))
  const known = new Set(host.rows(feed).flatMap((row) => chatDataOf(row).stanza ?? []))
  let before = oldest ? (chatDataOf(oldest).archive ?? '') : ''
  let complete = false
  let letters: Letter[] = []
  for (let pages = 0; pages < MAX_PAGES && letters.length === 0 && !complete; pages += 1) {
    const { items, complete: isLast } = await page({ before, max: PAGE })
    complete = isLast
    before = items[0]?.archiveId ?? before
    letters = lettersIn(items.flatMap((item) => read(item) ?? [])).filter(
      ({ out, id }) => !(out && id !== undefined && known.has(id)),
    )
  }
  const first = record.low - letters.length
  const messages = letters.map((letter, at): Message =>
    feeds.messageAt(feed, first + at, letter, letter.time ?? 0),
  )
  const from = complete ? first : record.from
  return { feed, epoch: record.epoch, from, head: record.head, messages }
}

/** The messages of a page as they were left by their senders. A correction of one that is not in it is one by itself. */
function lettersIn(reads: readonly (Letter | Mark | Edit)[]): Letter[] {
  const letters: Letter[] = []
  for (const read of reads) {
    if (read.type === 'letter') letters.push(read)
    if (read.type !== 'edit') continue
    const { nick, out, target, instead } = read
    const at = letters.findIndex(
      (letter) =>
        (letter.id === target || (nick !== undefined && letter.archiveId === target)) &&
        letter.out === out &&
        letter.nick === nick,
    )
    const letter = letters[at]
    if (!letter) letters.push(...(instead ? [instead] : []))
    else if (letter.edited !== 'recalled')
      letters[at] = instead
        ? { ...letter, body: instead.body, edited: 'corrected' }
        : { ...letter, body: '', edited: 'recalled' }
  }
  return letters
}
