import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { wireBus } from './contracts/memory/bus'
import { openMemoryStore } from './contracts/memory/store'
import { LocalBus } from '../../gateway/bus/local'
import type { Bus } from '../../gateway/contracts/bus'
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
 * The store that this run of the tests is for: SQLite's, or the one in memory, which has no engine to look into, with a bus
 * that carries text. By this the same tests hold for a second implementation of every contract.
 */
export async function openAnyStore(options: Options = {}): Promise<OpenedTestStore> {
  if (process.env['HERALD_TEST_STORE'] !== 'memory') return openTestStore(options)
  const { now, retention, limits } = options
  const bus = wireBus(testBus())
  const memory = openMemoryStore({
    bus: options.bus ?? bus,
    ...(now && { now }),
    ...(retention && { retention }),
    ...(limits && { limits }),
  })
  // Not counted among its properties: a test may spread what it opened.
  Object.defineProperty(memory, 'store', {
    get: () => {
      throw new Error('this test looks into SQLite: it says nothing of the store in memory')
    },
  })
  return Object.assign(memory as OpenedStore, { folder: '', bus })
}
