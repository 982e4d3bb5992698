import type { Message } from '@herald/protocol'
import type { FeedRecord } from '../inbox/inbox'
import {
  MAX_HIDDEN,
  MAX_PRESENTED,
  StorageError,
  type InboxStorage,
  type StorageProblem,
  type StorageWrite,
  type StoredInbox,
} from './storage'

const SCHEMA_VERSION = 1
const STORES = ['feeds', 'rows', 'hidden', 'presented'] as const
type IdStoreName = 'hidden' | 'presented'

/**
 * The inbox in IndexedDB. Transactions of one connection run in the order in which they were made, which gives the
 * order of calls (Indexed Database API 3.0 §2.7.2). Durability is left `relaxed`: after a power cut the cursor is as
 * old as the rows, since both are in one transaction, and the gateway's log fills in the rest.
 */
export class IndexedDbStorage implements InboxStorage {
  readonly #factory: () => IDBFactory | undefined
  readonly #name: string
  #connection: Promise<IDBDatabase> | null = null

  /** @param factory reads `indexedDB`; a function, since reading it throws in a sandboxed frame. */
  constructor(factory: () => IDBFactory | undefined, name = 'herald') {
    this.#factory = factory
    this.#name = name
  }

  load(): Promise<StoredInbox> {
    return this.#run('readonly', async (stores) => {
      const [feeds, rows, hidden, presented] = await Promise.all([
        settled(stores.feeds.getAll() as IDBRequest<FeedRecord[]>),
        settled(stores.rows.getAll() as IDBRequest<Message[]>),
        settled(stores.hidden.getAll() as IDBRequest<string[]>),
        settled(stores.presented.getAll() as IDBRequest<string[]>),
      ])
      return { feeds, rows, hidden, presented }
    })
  }

  write(change: StorageWrite): Promise<void> {
    return this.#run('readwrite', async (stores) => {
      await dropWhatGoes(stores, change)
      for (const record of change.feeds ?? []) stores.feeds.put(record)
      // Side by side: an alert waits for this, and each answer that is waited for is a way to another process and back.
      await Promise.all([
        putAll(stores.rows, change.rows ?? []),
        addIds(stores.hidden, change.hidden ?? [], MAX_HIDDEN),
        addIds(stores.presented, change.presented ?? [], MAX_PRESENTED),
      ])
    })
  }

  /** Empties the stores; deleting the database would wait for every other tab. */
  clear(): Promise<void> {
    return this.#run('readwrite', (stores) => {
      for (const name of STORES) stores[name].clear()
      return Promise.resolve()
    })
  }

  /** Closes the connection; the next call opens another. */
  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    // A connection that never opened has nothing to close, and its caller was told.
    await connection?.then(
      (db) => {
        db.close()
      },
      () => undefined,
    )
  }

  async #run<Result>(mode: IDBTransactionMode, work: (stores: Stores) => Promise<Result>): Promise<Result> {
    try {
      const transaction = await this.#begin(mode)
      const working = work(storesOf(transaction)).catch((error: unknown) => {
        abort(transaction)
        throw error
      })
      const [worked, ended] = await Promise.allSettled([working, finished(transaction)])
      // It names the cause; requests after the one that failed only say that they were aborted.
      if (transaction.error) throw transaction.error
      if (worked.status === 'rejected') throw worked.reason
      if (ended.status === 'rejected') throw ended.reason
      return worked.value
    } catch (error) {
      throw asStorageError(error)
    }
  }

  /** A connection that the browser closed meanwhile is found out here, and opened once more. */
  async #begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    const db = await this.#connect()
    try {
      return db.transaction(STORES, mode)
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error
      this.#connection = null
      return (await this.#connect()).transaction(STORES, mode)
    }
  }

  #connect(): Promise<IDBDatabase> {
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = null
      throw error
    })
    return this.#connection
  }

  async #open(): Promise<IDBDatabase> {
    const db = await openDatabase(this.#factory, this.#name)
    const forget = (): void => {
      db.close()
      this.#connection = null
    }
    // A newer version of the app in another tab waits for this: keeping it open would block that tab.
    db.onversionchange = forget
    // The browser may close it, for instance when the user clears the site's data.
    db.onclose = forget
    return db
  }
}

type Stores = Record<(typeof STORES)[number], IDBObjectStore>

function storesOf(transaction: IDBTransaction): Stores {
  return {
    feeds: transaction.objectStore('feeds'),
    rows: transaction.objectStore('rows'),
    hidden: transaction.objectStore('hidden'),
    presented: transaction.objectStore('presented'),
  }
}

function openDatabase(factory: () => IDBFactory | undefined, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const indexedDb = factory()
    if (!indexedDb) throw new StorageError('unavailable', 'there is no IndexedDB')
    const request = indexedDb.open(name, SCHEMA_VERSION)
    let refused = false
    request.onupgradeneeded = () => {
      createStores(request.result)
    }
    request.onblocked = () => {
      refused = true
      reject(new StorageError('blocked', 'another tab holds an older version open'))
    }
    request.onerror = () => {
      reject(openError(request.error))
    }
    request.onsuccess = () => {
      // The other tab closed after all, when this call had been answered: leave no connection behind.
      if (refused) request.result.close()
      else resolve(request.result)
    }
  })
}

/** Version 1. Ids are kept under a rising number, so that the oldest can be dropped by a range. */
function createStores(db: IDBDatabase): void {
  db.createObjectStore('feeds', { keyPath: 'feed' })
  db.createObjectStore('rows', { keyPath: ['feed', 'seq'] }).createIndex('id', 'id')
  for (const name of ['hidden', 'presented'] satisfies IdStoreName[]) {
    db.createObjectStore(name, { autoIncrement: true }).createIndex('id', '', { unique: true })
  }
}

async function dropWhatGoes(stores: Stores, change: StorageWrite): Promise<void> {
  for (const feed of change.dropFeeds ?? []) {
    stores.feeds.delete(feed)
    // An array sorts after every number, so this is every seq of the feed.
    stores.rows.delete(IDBKeyRange.bound([feed], [feed, []]))
  }
  for (const { feed, seq } of change.dropRowsBelow ?? []) {
    stores.rows.delete(IDBKeyRange.bound([feed], [feed, seq], false, true))
  }
  const keys = (change.dropRows ?? []).map((id) => settled(stores.rows.index('id').getAllKeys(id)))
  for (const key of (await Promise.all(keys)).flat()) stores.rows.delete(key)
}

/**
 * Requests that go to the database in one turn of the page. Each costs a tenth of a millisecond to send and as much
 * when it is answered: more at once would hold up what the user does.
 */
const REQUESTS_PER_TURN = 50

/** Puts all the values, some in each turn. */
async function putAll(store: IDBObjectStore, values: readonly unknown[]): Promise<void> {
  for (let start = 0; start < values.length; start += REQUESTS_PER_TURN) {
    const turn = values.slice(start, start + REQUESTS_PER_TURN)
    await lastOf(turn.map((value) => store.put(value)))
  }
}

/** Adds the ids that are new, and drops the oldest past `limit`: keys only ever go at the front, so have no holes. */
async function addIds(store: IDBObjectStore, ids: readonly string[], limit: number): Promise<void> {
  const fresh = await unknownIds(store, ids)
  let last: number | undefined
  for (let start = 0; start < fresh.length; start += REQUESTS_PER_TURN) {
    const turn = fresh.slice(start, start + REQUESTS_PER_TURN)
    last = Number(await lastOf(turn.map((id) => store.add(id))))
  }
  if (last !== undefined) store.delete(IDBKeyRange.upperBound(last - limit))
}

/** More ids than this are looked for in all that are stored, which is one request. */
const FEW_IDS = 5

async function unknownIds(store: IDBObjectStore, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  if (ids.length > FEW_IDS) {
    const known = new Set(await settled(store.getAll() as IDBRequest<string[]>))
    return [...new Set(ids)].filter((id) => !known.has(id))
  }
  const unique = [...new Set(ids)]
  const keys = await Promise.all(unique.map((id) => settled(store.index('id').getKey(id))))
  return unique.filter((_, index) => keys[index] === undefined)
}

/** The result of the last request: they are answered in the order in which they were made (§2.7.1). */
async function lastOf<Result>(requests: readonly IDBRequest<Result>[]): Promise<Result | undefined> {
  const last = requests.at(-1)
  // One that fails before it aborts the transaction, which is heard of by its end.
  return last && settled(last)
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(asStorageError(request.error))
    }
  })
}

/** Takes back what was asked for beside what failed: a step is kept whole or not at all. */
function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It is over, by the failure itself.
  }
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve()
    }
    transaction.onabort = () => {
      reject(asStorageError(transaction.error))
    }
  })
}

/** Firefox's private mode of old and a broken profile fail at open with these. */
function openError(error: DOMException | null): StorageError {
  const refused = ['SecurityError', 'InvalidStateError', 'UnknownError'].includes(error?.name ?? '')
  return refused ? new StorageError('unavailable', describe(error), { cause: error }) : asStorageError(error)
}

const problems: Readonly<Record<string, StorageProblem>> = {
  QuotaExceededError: 'full',
  VersionError: 'outdated',
  SecurityError: 'unavailable',
}

function asStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  return new StorageError(problems[name] ?? 'failed', describe(error), { cause: error })
}

function describe(error: unknown): string {
  return error instanceof Error || error instanceof DOMException
    ? `${error.name} ${error.message}`
    : 'no reason given'
}
