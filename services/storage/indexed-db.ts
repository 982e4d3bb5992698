import type { Message } from '@herald/protocol'
import type { FeedRecord } from './storage'
import { asStorageError, describe, isDouble } from './indexed-db-error'
import {
  canGoAtOnce,
  settled,
  writeAtOnce,
  writeInTurns,
  type LastKeys,
  type Stores,
} from './indexed-db-step'
import { StorageError, type InboxStorage, type StorageWrite, type StoredInbox } from './storage'

const SCHEMA_VERSION = 1

/** A browser may never answer, as Safari 14 at its first opening (bugs.webkit.org/226547): the app goes on without, ms. */
export const OPEN_TIMEOUT_MS = 5_000

const RELAXED: IDBTransactionOptions = { durability: 'relaxed' }
const STORES = ['feeds', 'rows', 'hidden', 'presented'] as const

/**
 * The inbox in IndexedDB. Calls run one after another. Durability is `relaxed`: after a power cut the cursor is as
 * old as the rows, since both are in one transaction, and the gateway's log fills in the rest.
 */
export class IndexedDbStorage implements InboxStorage {
  readonly #factory: () => IDBFactory | undefined
  readonly #name: string
  #connection: Promise<IDBDatabase> | null = null
  #lastKeys: LastKeys = {}
  #turn: Promise<unknown> = Promise.resolve()

  /**
   * @param factory reads `indexedDB`; a function, since reading it throws in a sandboxed frame
   * @param name of the database: the app's namespace
   */
  constructor(factory: () => IDBFactory | undefined, name: string) {
    this.#factory = factory
    this.#name = name
  }

  load(): Promise<StoredInbox> {
    return this.#inTurn(() =>
      this.#run('readonly', async (stores) => {
        const [feeds, rows, hidden, presented] = await Promise.all([
          settled(stores.feeds.getAll() as IDBRequest<FeedRecord[]>),
          settled(stores.rows.getAll() as IDBRequest<Message[]>),
          settled(stores.hidden.getAll() as IDBRequest<string[]>),
          settled(stores.presented.getAll() as IDBRequest<string[]>),
        ])
        return { feeds, rows, hidden, presented }
      }),
    )
  }

  write(change: StorageWrite): Promise<void> {
    return this.#inTurn(() => this.#write(change))
  }

  /** Empties the stores; deleting the database would wait for every other tab. */
  clear(): Promise<void> {
    return this.#inTurn(() =>
      this.#run('readwrite', (stores) => {
        for (const name of STORES) stores[name].clear()
        return Promise.resolve()
      }),
    )
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

  /** One call after another: a write that is tried again must not fall behind the next. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work)
    // Its caller is told of a failure; the next call has nothing to do with it.
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** An alert waits for this, so it takes one way to the browser's storage and back where it can. */
  async #write(change: StorageWrite): Promise<void> {
    const atOnce = canGoAtOnce(change, this.#lastKeys)
    const write = atOnce ? writeAtOnce : writeInTurns
    try {
      const lastKeys = await this.#run('readwrite', (stores) => write(stores, change, this.#lastKeys))
      this.#lastKeys = { ...this.#lastKeys, ...lastKeys() }
    } catch (error) {
      if (!atOnce || !isDouble(error)) throw error
      // Another tab, or the service worker, has noted it. The whole step was taken back.
      this.#lastKeys = {}
      await this.#write(change)
    }
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
      return db.transaction(STORES, mode, RELAXED)
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error
      this.#connection = null
      return (await this.#connect()).transaction(STORES, mode, RELAXED)
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
    // A database that was deleted meanwhile counts from 1 again.
    this.#lastKeys = {}
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
    const refuse = (detail: string): void => {
      refused = true
      clearTimeout(late)
      reject(new StorageError('blocked', detail))
    }
    const late = setTimeout(refuse, OPEN_TIMEOUT_MS, 'the browser does not answer')
    request.onupgradeneeded = () => {
      createStores(request.result)
    }
    request.onblocked = () => {
      refuse('another tab holds an older version open')
    }
    request.onerror = () => {
      clearTimeout(late)
      reject(openError(request.error))
    }
    request.onsuccess = () => {
      clearTimeout(late)
      // It came after all, when this call had been answered: leave no connection behind.
      if (refused) request.result.close()
      else resolve(request.result)
    }
  })
}

/** Version 1. Ids are kept under a rising number, so that the oldest can be dropped by a range. */
function createStores(db: IDBDatabase): void {
  db.createObjectStore('feeds', { keyPath: 'feed' })
  db.createObjectStore('rows', { keyPath: ['feed', 'seq'] }).createIndex('id', 'id')
  for (const name of ['hidden', 'presented'] as const) {
    db.createObjectStore(name, { autoIncrement: true }).createIndex('id', '', { unique: true })
  }
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
