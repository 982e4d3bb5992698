import type { Archive, Archived } from './archive'
import { isRefused } from './asks'
import type { ArchiveCursor, ChatRecord } from './chat-record'

/** Prosody sends no more at a time. */
const PAGE = 50

/** More than so many pages nobody waits for: then the newest is shown, and the gap before it is named. */
const MAX_PAGES = 20

/** What came while this device was away. */
export interface Missed {
  readonly items: readonly Archived[]
  /** What lies before the items is not here: the archive has dropped it, or it is too much. */
  readonly gap?: 'trimmed' | 'skipped'
  /** Nothing was here before. */
  readonly backlog: boolean
}

/**
 * What the archive has behind the cursor. Both servers are asked for a time and not for an id: of one that it has dropped
 * Prosody says so, while ejabberd takes it for a time. Where the cursor's message is among the results nothing was dropped.
 * Rejects with an AskError.
 */
export async function readMissed(archive: Archive, record: ChatRecord): Promise<Missed> {
  try {
    return await readBehind(archive, record)
  } catch (error) {
    // A server without an archive, or with one that is switched off: what it keeps for whoever is away comes by itself.
    if (isRefused(error)) return { items: [], backlog: false }
    throw error
  }
}

async function readBehind(archive: Archive, { archive: cursor, outbox }: ChatRecord): Promise<Missed> {
  if (!cursor) return { items: await newest(archive), backlog: true }
  // What was written here lies behind the cursor that there was then.
  const first = outbox.reduce<ArchiveCursor>(
    (earliest, { since }) => (since && since.stamp < earliest.stamp ? since : earliest),
    cursor,
  )
  const items = await readFrom(archive, first.stamp)
  if (!items) return { items: await newest(archive), gap: 'skipped', backlog: false }
  const isWhole = items.some(({ archiveId }) => archiveId === first.id)
  return { items, backlog: false, ...(!isWhole && { gap: 'trimmed' as const }) }
}

const newest = async (archive: Archive): Promise<readonly Archived[]> =>
  (await archive.page({ before: '', max: PAGE })).items

/** All from a time on; undefined: it is too much. */
async function readFrom(archive: Archive, start: string): Promise<readonly Archived[] | undefined> {
  const items: Archived[] = []
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const after = items.at(-1)?.archiveId
    const page = await archive.page({ start, max: PAGE, ...(after !== undefined && { after }) })
    items.push(...page.items)
    if (page.complete) return items
  }
  return undefined
}
