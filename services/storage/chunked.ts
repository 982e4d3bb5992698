import type { Message } from '@herald/protocol'
import { newestRows } from './row-order'
import type { FeedRecord } from './storage'
import { editChunks, itemsOf, storedChunk, totalBytes, type Chunk, type ChunkLimits } from './chunk-list'
import { floorOf, keepFloors, raiseFloors, type Floors } from './floors'
import { applyWrite, emptyInbox, positionOf, rowFilter } from './memory'
import {
  MAX_HIDDEN,
  MAX_PRESENTED,
  StorageError,
  type InboxStorage,
  type ListableKeyValue,
  type StorageWrite,
  type StoredInbox,
} from './storage'

/** WeChat gives 1 MB a key and 10 MB in all; the rest is for the session, the settings and one write in progress. */
const LIMITS = { items: 200, bytes: 300_000, totalBytes: 7_000_000 } as const
const INDEX_KEY = 'inbox.index'
const CHUNK_PREFIX = 'inbox.chunk.'
const LISTS = ['rows', 'hidden', 'presented'] as const

interface ChunkReference {
  readonly key: string
  readonly bytes: number
}

/** The one key that says what is stored: whatever it does not name does not exist. */
interface Index {
  readonly version: 1
  /** The number of the next chunk key. */
  readonly next: number
  readonly feeds: readonly FeedRecord[]
  readonly floors: Floors
  readonly rows: readonly ChunkReference[]
  readonly hidden: readonly ChunkReference[]
  readonly presented: readonly ChunkReference[]
}

interface Held {
  readonly next: number
  readonly feeds: readonly FeedRecord[]
  readonly floors: Floors
  readonly rows: readonly Chunk<Message>[]
  readonly hidden: readonly Chunk<string>[]
  readonly presented: readonly Chunk<string>[]
}

/**
 * The inbox in a small key-value storage (mini-programs). Chunks are never overwritten: a write puts changed chunks
 * under new keys, then the index that names them, then removes the old ones. Whatever step a crash interrupts, the
 * index names a complete state, the old or the new. When storage is full the oldest rows go, and `load` raises the
 * feed's `low` to say so.
 */
export class ChunkedStorage implements InboxStorage {
  readonly #storage: ListableKeyValue
  readonly #limits: ChunkLimits & { readonly totalBytes: number }
  #held: Held | null = null

  constructor(storage: ListableKeyValue, limits: ChunkLimits & { readonly totalBytes: number } = LIMITS) {
    this.#storage = storage
    this.#limits = limits
  }

  load(): Promise<StoredInbox> {
    return attempt(() => {
      this.#held = this.#read()
      const { feeds, floors, rows, hidden, presented } = this.#held
      return {
        feeds: feeds.map((record) => ({ ...record, low: Math.max(record.low, floorOf(floors, record)) })),
        rows: itemsOf(rows),
        hidden: itemsOf(hidden),
        presented: itemsOf(presented),
      }
    })
  }

  write(change: StorageWrite): Promise<void> {
    return attempt(() => {
      const held = (this.#held ??= this.#read())
      let next = this.#edit(held, change)
      while (totalBytes(next.rows) > this.#limits.totalBytes) next = this.#prune(next)
      this.#held = this.#persist(held, next)
    })
  }

  clear(): Promise<void> {
    return attempt(() => {
      // The index first: a crash after it leaves only chunks that nothing names.
      this.#storage.remove(INDEX_KEY)
      this.#held = null
      this.#removeOrphans(new Set())
    })
  }

  #edit(held: Held, change: StorageWrite): Held {
    const feeds = applyWrite(
      { ...emptyInbox(), feeds: [...held.feeds] },
      { feeds: change.feeds, dropFeeds: change.dropFeeds },
    ).feeds
    const floors = keepFloors(held.floors, feeds, change.dropFeeds ?? [])
    const dropsRow = rowFilter(change)
    const put = (change.rows ?? []).filter((row) => row.seq >= (floors[row.feed]?.seq ?? 0))
    const replaced = new Set(put.map(positionOf))
    const rows = [...new Map(put.map((row) => [positionOf(row), row])).values()]
    return {
      next: held.next,
      feeds,
      floors,
      rows: editChunks(
        held.rows,
        (row) => dropsRow(row) || replaced.has(positionOf(row)),
        rows,
        this.#limits,
      ),
      hidden: addNewest(held.hidden, change.hidden ?? [], MAX_HIDDEN, this.#limits),
      presented: addNewest(held.presented, change.presented ?? [], MAX_PRESENTED, this.#limits),
    }
  }

  /** Writes what differs from what is stored; with no room left, prunes and tries again. */
  #persist(stored: Held, wanted: Held): Held {
    const added: string[] = []
    try {
      const kept = this.#putChunks(wanted, added)
      this.#storage.set(INDEX_KEY, indexOf(kept))
      this.#removeOld(stored, kept)
      return kept
    } catch (error) {
      for (const key of added) this.#removeQuietly(key)
      const full = error instanceof StorageError && error.problem === 'full'
      if (!full || wanted.rows.length === 0) throw error
      return this.#persist(stored, this.#prune(wanted))
    }
  }

  #putChunks(held: Held, added: string[]): Held {
    let next = held.next
    const put = <Item>(chunk: Chunk<Item>): Chunk<Item> => {
      if (chunk.key !== null) return chunk
      const key = CHUNK_PREFIX + String(next++)
      added.push(key)
      this.#storage.set(key, chunk.items)
      return { ...chunk, key }
    }
    const rows = held.rows.map(put)
    const hidden = held.hidden.map(put)
    const presented = held.presented.map(put)
    return { ...held, rows, hidden, presented, next }
  }

  #removeOld(stored: Held, kept: Held): void {
    const named = keysOf(kept)
    for (const key of keysOf(stored)) if (!named.has(key)) this.#removeQuietly(key)
  }

  /** Drops the oldest quarter of the rows, each feed from below without a hole. */
  #prune(held: Held): Held {
    const rows = itemsOf(held.rows)
    const kept = new Set(newestRows(rows, Math.floor((rows.length * 3) / 4)))
    const oldest = rows.filter((row) => !kept.has(row))
    const floors = raiseFloors(held.floors, held.feeds, oldest)
    const drops = (row: Message): boolean => row.seq < (floors[row.feed]?.seq ?? 0)
    return { ...held, floors, rows: editChunks(held.rows, drops, [], this.#limits) }
  }

  #read(): Held {
    const index = this.#storage.get<Index>(INDEX_KEY)
    if (index === undefined) {
      this.#removeOrphans(new Set())
      return { next: 1, feeds: [], floors: {}, rows: [], hidden: [], presented: [] }
    }
    // Its type is a hope: a version of later may have written it.
    if ((index.version as number) !== 1)
      throw new StorageError('outdated', `the index has version ${String(index.version)}`)
    const held = {
      next: index.next,
      feeds: index.feeds,
      floors: index.floors,
      rows: index.rows.map((reference) => this.#readChunk<Message>(reference)),
      hidden: index.hidden.map((reference) => this.#readChunk<string>(reference)),
      presented: index.presented.map((reference) => this.#readChunk<string>(reference)),
    }
    this.#removeOrphans(keysOf(held))
    return held
  }

  #readChunk<Item>({ key, bytes }: ChunkReference): Chunk<Item> {
    const items = this.#storage.get<Item[]>(key)
    if (!Array.isArray(items)) throw new StorageError('corrupt', `${key} is missing`)
    return storedChunk(key, bytes, items)
  }

  #removeOrphans(named: ReadonlySet<string>): void {
    for (const key of this.#storage.keys()) {
      if (key.startsWith(CHUNK_PREFIX) && !named.has(key)) this.#removeQuietly(key)
    }
  }

  #removeQuietly(key: string): void {
    try {
      this.#storage.remove(key)
    } catch {
      // Nothing names this chunk; the next load removes it.
    }
  }
}

function addNewest(
  chunks: readonly Chunk<string>[],
  ids: readonly string[],
  limit: number,
  limits: ChunkLimits,
): readonly Chunk<string>[] {
  const held = new Set(itemsOf(chunks))
  const fresh = [...new Set(ids)].filter((id) => !held.has(id)).slice(-limit)
  if (fresh.length === 0) return chunks
  const surplus = new Set([...held].slice(0, Math.max(0, held.size + fresh.length - limit)))
  return editChunks(chunks, (id) => surplus.has(id), fresh, limits)
}

function indexOf(held: Held): Index {
  const references = (chunks: readonly Chunk<unknown>[]): ChunkReference[] =>
    chunks.flatMap(({ key, bytes }) => (key === null ? [] : [{ key, bytes }]))
  const [rows, hidden, presented] = LISTS.map((list) => references(held[list]))
  return {
    version: 1,
    next: held.next,
    feeds: held.feeds,
    floors: held.floors,
    rows: rows ?? [],
    hidden: hidden ?? [],
    presented: presented ?? [],
  }
}

function keysOf(held: Pick<Held, (typeof LISTS)[number]>): Set<string> {
  return new Set(LISTS.flatMap((list) => held[list].flatMap(({ key }) => (key === null ? [] : [key]))))
}

/** Everything here is synchronous, which gives the order of calls; a throw becomes a rejection. */
function attempt<Result>(work: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    resolve(work())
  })
}
