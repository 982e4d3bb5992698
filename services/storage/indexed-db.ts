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
      for (const row of change.rows ?? []) stores.rows.put(row)
      await addIds(stores.hidden, change.hidden ?? [], MAX_HIDDEN)
      await addIds(stores.presented, change.presented ?? [], MAX_PRESENTED)
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
      const done = finished(transaction)
      // Both end with the same error when the transaction fails; the first one read is enough.
      const [result] = await Promise.all([work(storesOf(transaction)), done])
      return result
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

/** Adds the ids that are new, and drops the oldest past `limit`: keys only ever go at the front, so have no holes. */
async function addIds(store: IDBObjectStore, ids: readonly string[], limit: number): Promise<void> {
  let last: number | undefined
  for (const id of ids) {
    const known = await settled(store.index('id').getKey(id))
    if (known === undefined) last = Number(await settled(store.add(id)))
  }
  if (last !== undefined) store.delete(IDBKeyRange.upperBound(last - limit))
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
