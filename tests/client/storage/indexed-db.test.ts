import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { MAX_PRESENTED } from '@/services/storage/storage'
import { IndexedDbStorage, OPEN_TIMEOUT_MS } from '@/services/storage/indexed-db'
import { inboxStorageSuite } from './inbox-storage-suite'
import { messageAt } from './inbox-fixtures'

beforeAll(() => {
  vi.stubGlobal('IDBKeyRange', IDBKeyRange)
})

inboxStorageSuite('IndexedDB', () => {
  const factory = new IDBFactory()
  const storage = new IndexedDbStorage(() => factory, 'herald')
  return {
    storage,
    reopen: async () => {
      await storage.close()
      return new IndexedDbStorage(() => factory, 'herald')
    },
  }
})

it('keeps many rows and ids of one step, with those that it had', async () => {
  const factory = new IDBFactory()
  const storage = new IndexedDbStorage(() => factory, 'herald')
  const rows = Array.from({ length: 320 }, (_, index) => messageAt('all', index + 1))
  const ids = rows.map(({ id }) => id)
  await storage.write({ presented: ids.slice(0, 3) })
  await storage.write({ rows, presented: [...ids.slice(0, 200), ...ids.slice(100)] })
  await storage.write({ presented: ids.slice(-4) })
  const stored = await storage.load()
  expect(stored.rows).toEqual(rows)
  expect(stored.presented).toEqual(ids)
})

describe('a step that is small', () => {
  const open = async () => {
    const factory = new IDBFactory()
    const storage = new IndexedDbStorage(() => factory, 'herald')
    // From the second on a step knows where its ids will stand, and needs no answers.
    await storage.write({ presented: ['first'] })
    return { factory, storage }
  }

  it('is kept with all that it holds when another tab had noted one of its ids', async () => {
    const { factory, storage } = await open()
    await addId(factory, 'pushed')
    const row = messageAt('all', 1)
    const doubled = storage.write({ rows: [row], presented: ['new', 'pushed', 'new'] })
    const behind = storage.write({ dropRowsBelow: [{ feed: 'all', seq: 2 }], presented: ['newest'] })
    await Promise.all([doubled, behind])
    expect(await storage.load()).toMatchObject({
      rows: [],
      presented: ['first', 'pushed', 'new', 'newest'],
    })
  })

  it('drops the oldest ids, one for each that comes', async () => {
    const { storage } = await open()
    const ids = Array.from({ length: MAX_PRESENTED - 1 }, (_, at) => `id-${String(at)}`)
    await storage.write({ presented: ids })
    await storage.write({ presented: ['next'] })
    await storage.write({ presented: ['after', 'last'] })
    expect((await storage.load()).presented).toEqual([...ids.slice(2), 'next', 'after', 'last'])
  })

  it('drops none of a database that was deleted meanwhile and counts anew', async () => {
    const { factory, storage } = await open()
    const many = Array.from({ length: MAX_PRESENTED + 50 }, (_, at) => `id-${String(at)}`)
    await storage.write({ presented: many })
    await storage.close()
    await deleteDatabase(factory)
    await storage.write({ presented: ['a'] })
    await storage.write({ presented: ['b'] })
    expect((await storage.load()).presented).toEqual(['a', 'b'])
  })

  it('waits for one answer of the database: that it is kept', async () => {
    const { factory, storage } = await open()
    const requests = await requestsOf(factory, () =>
      storage.write({ rows: [messageAt('all', 1)], presented: ['id'] }),
    )
    expect(requests.every(({ onsuccess }) => onsuccess === null)).toBe(true)
    expect(requests.length).toBe(2)
  })
})

/** As the service worker does. */
async function addId(factory: IDBFactory, id: string): Promise<void> {
  const db = await otherTab(factory, 1, true)
  await new Promise((resolve) => {
    const transaction = db.transaction('presented', 'readwrite')
    transaction.objectStore('presented').add(id)
    transaction.oncomplete = resolve
  })
  db.close()
}

function deleteDatabase(factory: IDBFactory): Promise<void> {
  return new Promise((resolve) => {
    factory.deleteDatabase('herald').onsuccess = () => {
      resolve()
    }
  })
}

/** The requests that are made of object stores meanwhile. */
async function requestsOf(factory: IDBFactory, work: () => Promise<void>): Promise<IDBRequest[]> {
  const db = await otherTab(factory, 1, true)
  const store = Object.getPrototypeOf(db.transaction('rows').objectStore('rows')) as IDBObjectStore
  db.close()
  const spies = [vi.spyOn(store, 'add'), vi.spyOn(store, 'put')]
  try {
    await work()
    return spies.flatMap(({ mock }) => mock.results.map(({ value }) => value as IDBRequest))
  } finally {
    vi.restoreAllMocks()
  }
}

/** Opens the database of the app at some version and keeps it open, as another tab does. */
function otherTab(factory: IDBFactory, version: number, polite: boolean): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open('herald', version)
    request.onerror = () => {
      reject(new Error(request.error?.message))
    }
    request.onsuccess = () => {
      const db = request.result
      if (polite)
        db.onversionchange = () => {
          db.close()
        }
      resolve(db)
    }
  })
}

const failing = (name: string): IDBFactory =>
  ({
    open: () => {
      const request = { error: new DOMException('no', name), onerror: null as null | (() => void) }
      queueMicrotask(() => request.onerror?.())
      return request
    },
  }) as unknown as IDBFactory

describe('IndexedDB that does not work', () => {
  it.each([
    ['there is none', () => undefined, 'unavailable'],
    [
      'reading it throws in a sandboxed frame',
      () => {
        throw new DOMException('denied', 'SecurityError')
      },
      'unavailable',
    ],
    ['a private window refuses to open', () => failing('InvalidStateError'), 'unavailable'],
    ['the profile is broken', () => failing('UnknownError'), 'unavailable'],
    ['the disk is full at open', () => failing('QuotaExceededError'), 'full'],
    ['an unknown failure', () => failing('AbortError'), 'failed'],
  ])('says %s', async (_, factory: () => IDBFactory | undefined, problem) => {
    const storage = new IndexedDbStorage(factory, 'herald')
    await expect(storage.load()).rejects.toMatchObject({ name: 'StorageError', problem })
    await expect(storage.write({ presented: ['a'] })).rejects.toMatchObject({ problem })
    await expect(storage.clear()).rejects.toMatchObject({ problem })
  })

  it('says full when the quota ends within a write, and keeps what was there', async () => {
    const factory = new IDBFactory()
    const storage = new IndexedDbStorage(() => factory, 'herald')
    await storage.write({ presented: ['before'] })
    const put = vi.spyOn(Object.getPrototypeOf(await objectStore(factory)), 'put').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError')
    })
    await expect(storage.write({ presented: ['after'], rows: [messageAt('all', 1)] })).rejects.toMatchObject({
      problem: 'full',
    })
    put.mockRestore()
    expect(await storage.load()).toMatchObject({ rows: [], presented: ['before'] })
  })
})

async function objectStore(factory: IDBFactory): Promise<IDBObjectStore> {
  const db = await otherTab(factory, 1, true)
  const store = db.transaction('rows').objectStore('rows')
  db.close()
  return store
}

describe('IndexedDB and other tabs', () => {
  it('lets a newer version of the app upgrade, and then says that it is outdated', async () => {
    const factory = new IDBFactory()
    const storage = new IndexedDbStorage(() => factory, 'herald')
    await storage.write({ presented: ['a'] })
    const newer = await otherTab(factory, 2, true)
    await expect(storage.load()).rejects.toMatchObject({ problem: 'outdated' })
    newer.close()
  })

  it('says blocked when another tab does not let it upgrade, and works once that tab is gone', async () => {
    const factory = new IDBFactory()
    // A database of an older schema, with nothing in it.
    const stubborn = await otherTab(factory, 1, false)
    const blockedFactory = atVersion(factory, 3)
    const storage = new IndexedDbStorage(() => blockedFactory, 'herald')
    await expect(storage.load()).rejects.toMatchObject({ problem: 'blocked' })
    stubborn.close()
    expect((await storage.load()).rows).toEqual([])
  })

  it('says blocked when the browser never answers, and works once it does', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const factory = new IDBFactory()
    let answers = false
    const silent = { open: (...args: [string, number]) => (answers ? factory.open(...args) : {}) }
    const storage = new IndexedDbStorage(() => silent as unknown as IDBFactory, 'herald')
    const loaded = expect(storage.load()).rejects.toMatchObject({ problem: 'blocked' })
    await vi.advanceTimersByTimeAsync(OPEN_TIMEOUT_MS)
    await loaded
    answers = true
    await storage.write({ presented: ['a'] })
    expect((await storage.load()).presented).toEqual(['a'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('opens anew after the browser closed the connection', async () => {
    const factory = new IDBFactory()
    const storage = new IndexedDbStorage(() => factory, 'herald')
    await storage.write({ presented: ['a'] })
    await new Promise((resolve) => {
      factory.deleteDatabase('herald').onsuccess = resolve
    })
    expect((await storage.load()).presented).toEqual([])
  })
})

/** The same factory, as a later version of the app would use it. */
function atVersion(factory: IDBFactory, version: number): IDBFactory {
  return { open: (name: string) => factory.open(name, version) } as unknown as IDBFactory
}
