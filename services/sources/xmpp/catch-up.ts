import type { Archived, ArchivePage, ArchiveQuery } from './archive'
import { isRefused } from './asks'
import { ARCHIVE_START, type ArchiveCursor, type OutboxEntry } from './chat-record'

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

/** Where an archive is read from. */
export interface ReadFrom {
  readonly cursor: ArchiveCursor | null
  /** What was written here and may be in it. */
  readonly unsent: readonly OutboxEntry[]
}

type Page = (query: ArchiveQuery) => Promise<ArchivePage>

/**
 * What the archive has behind the cursor. Both servers are asked for a time and not for an id: of one that it has dropped
 * Prosody says so, while ejabberd takes it for a time. Where the cursor's message is among the results nothing was dropped.
 * Rejects with an AskError.
 */
export async function readMissed(page: Page, from: ReadFrom): Promise<Missed> {
  try {
    return await readBehind(page, from)
  } catch (error) {
    // A server without an archive, or with one that is switched off: what it keeps for whoever is away comes by itself.
    if (isRefused(error)) return { items: [], backlog: false }
    throw error
  }
}

async function readBehind(page: Page, { cursor, unsent }: ReadFrom): Promise<Missed> {
  if (!cursor) return { items: await newest(page), backlog: true }
  // What was written here lies behind the cursor that there was then.
  const first = unsent.reduce<ArchiveCursor>(
    (earliest, { since }) => (since && since.stamp < earliest.stamp ? since : earliest),
    cursor,
  )
  const items = await readSince(page, first.stamp)
  if (!items) return { items: await newest(page), gap: 'skipped', backlog: false }
  const isWhole = first.id === ARCHIVE_START.id || items.some(({ archiveId }) => archiveId === first.id)
  return { items, backlog: false, ...(!isWhole && { gap: 'trimmed' as const }) }
}

const newest = async (page: Page): Promise<readonly Archived[]> =>
  (await page({ before: '', max: PAGE })).items

/** All from a time on; undefined: it is too much. */
async function readSince(page: Page, start: string): Promise<readonly Archived[] | undefined> {
  const items: Archived[] = []
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const after = items.at(-1)?.archiveId
    const next = await page({ start, max: PAGE, ...(after !== undefined && { after }) })
    items.push(...next.items)
    if (next.complete) return items
  }
  return undefined
}
