import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { wireBus } from './contracts/memory/bus'
import { openMemoryStore } from './contracts/memory/store'
import { newDatabase } from './postgres/new-database'
import { LocalBus } from '../../gateway/bus/local'
import type { Bus } from '../../gateway/contracts/bus'
import type { Store } from '../../gateway/contracts/store'
import { openPostgresStore } from '../../gateway/stores/postgres/open'
import { openStore, type OpenedStore } from '../../gateway/stores/sqlite/open'

const WRITER = new URL('../../gateway/dist/writer.js', import.meta.url)

const KEEP_ALL = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxCount: Number.MAX_SAFE_INTEGER }

/** A folder that is gone when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** A store, and the bus that it tells of what it commits. */
export type OpenedTestStore = OpenedStore & { readonly folder: string; readonly bus: Bus }

type Options = Partial<Parameters<typeof openStore>[0]>

/** No subscriber of a test may throw unseen. */
export function testBus(): Bus {
  const faults: unknown[] = []
  onTestFinished(() => {
    expect(faults).toEqual([])
  })
  return new LocalBus((error) => faults.push(error))
}

/** The real store on a temporary folder (or on one that an earlier store left), closed when the test has ended. */
export async function openTestStore(options: Options = {}): Promise<OpenedTestStore> {
  const folder = options.folder ?? temporaryFolder()
  const bus = testBus()
  const opened = await openStore({ bus, writer: WRITER, retention: KEEP_ALL, ...options, folder })
  onTestFinished(() => opened.store.close())
  return Object.assign(opened, { folder, bus })
}

/**
 * The store that this run of the tests is for: SQLite's, PostgreSQL's, or the one in memory. The others have no engine to
 * look into, and a bus that carries text. By this the same tests hold for every implementation of the contracts.
 */
export async function openAnyStore(options: Options = {}): Promise<OpenedTestStore> {
  const kind = process.env['HERALD_TEST_STORE']
  if (kind === undefined) return openTestStore(options)
  const bus = wireBus(testBus())
  const { folder = '', now, retention, limits } = options
  const given = {
    bus: (options.bus as Bus | undefined) ?? bus,
    ...(now && { now }),
    ...(retention && { retention }),
    ...(limits && { limits }),
  }
  if (kind === 'memory') return blind(openMemoryStore(given), folder, bus)
  // What a folder is to SQLite, its address is to a database.
  const uri = folder === '' ? await newDatabase() : folder
  const store = await openPostgresStore({ retention: KEEP_ALL, ...given, uri })
  onTestFinished(() => store.close())
  return blind(store, uri, bus)
}

function blind(store: Store, folder: string, bus: Bus): OpenedTestStore {
  // Not counted among its properties: a test may spread what it opened.
  Object.defineProperty(store, 'store', {
    get: () => {
      throw new Error('this test looks into SQLite: it says nothing of another store')
    },
  })
  return Object.assign(store as OpenedStore, { folder, bus })
}
