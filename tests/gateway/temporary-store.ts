import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openMemoryStore } from './contracts/memory/store'
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

/** The real store on a temporary folder (or on one that an earlier store left), closed when the test has ended. */
export async function openTestStore(
  options: Partial<Parameters<typeof openStore>[0]> = {},
): Promise<OpenedStore & { folder: string }> {
  const folder = options.folder ?? temporaryFolder()
  const opened = await openStore({ writer: WRITER, retention: KEEP_ALL, ...options, folder })
  onTestFinished(() => opened.store.close())
  return Object.assign(opened, { folder })
}

/**
 * The store that this run of the tests is for: SQLite's, or the one in memory, which has no engine to look into. By this
 * the same tests hold for a second implementation of every contract.
 */
export async function openAnyStore(
  options: Parameters<typeof openTestStore>[0] = {},
): Promise<OpenedStore & { folder: string }> {
  if (process.env['HERALD_TEST_STORE'] !== 'memory') return openTestStore(options)
  const { now, retention, limits } = options
  const memory = openMemoryStore({
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
  return Object.assign(memory as OpenedStore, { folder: '' })
}
