import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PlusSqliteStorage } from '@/services/storage/plus-sqlite'
import type { StorageError } from '@/services/storage/storage'
import { FakePlusSqlite } from './fake-plus-sqlite'
import { inboxStorageSuite } from './inbox-storage-suite'
import { messageAt, recordOf } from './inbox-fixtures'

inboxStorageSuite('plus.sqlite', () => {
  const sqlite = new FakePlusSqlite()
  return {
    storage: new PlusSqliteStorage(sqlite, 'herald'),
    reopen: () => new PlusSqliteStorage(sqlite, 'herald'),
    remove: () => {
      sqlite.destroy()
    },
  }
})

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-plus-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return join(folder, 'inbox.db')
}

describe('plus.sqlite', () => {
  it('rolls a failed write back, names no content in the error, and goes on', async () => {
    const sqlite = new FakePlusSqlite()
    const storage = new PlusSqliteStorage(sqlite, 'herald')
    await storage.write({ rows: [messageAt('all', 1)] })
    sqlite.failAt('secret', { code: -1404, message: 'near "secret": syntax error' })
    const failure = await storage
      .write({ rows: [messageAt('all', 2), messageAt('all', 3, { body: 'secret' })], dropFeeds: ['all'] })
      .catch((error: unknown) => error as StorageError)
    expect(failure).toMatchObject({ name: 'StorageError', problem: 'failed' })
    expect(String(failure)).not.toContain('secret')
    await storage.write({ feeds: [recordOf('all')] })
    const stored = await storage.load()
    expect(stored.rows.map((row) => row.seq)).toEqual([1])
    expect(stored.feeds).toEqual([recordOf('all')])
    sqlite.destroy()
  })

  it('leaves nothing of the user in the file, free pages included', async () => {
    const sqlite = new FakePlusSqlite(temporaryFile())
    const storage = new PlusSqliteStorage(sqlite, 'herald')
    await storage.write({ rows: [messageAt('all', 1, { body: 'between you and me' })] })
    expect(sqlite.bytes()).toContain('between you and me')
    await storage.clear()
    expect(sqlite.bytes()).not.toContain('between you and me')
  })

  it('says full when the disk is', async () => {
    const sqlite = new FakePlusSqlite()
    const storage = new PlusSqliteStorage(sqlite, 'herald')
    sqlite.failAt('commit', { code: -1404, message: 'database or disk is full (code 13 SQLITE_FULL)' })
    await expect(storage.write({ presented: ['a'] })).rejects.toMatchObject({ problem: 'full' })
    expect((await storage.load()).presented).toEqual([])
    sqlite.destroy()
  })

  it('closes a database whose transaction cannot be rolled back, and opens it anew', async () => {
    const sqlite = new FakePlusSqlite()
    const storage = new PlusSqliteStorage(sqlite, 'herald')
    await storage.write({ presented: ['a'] })
    sqlite.failAt('INSERT OR IGNORE')
    const rollback = sqlite.transaction.bind(sqlite)
    sqlite.transaction = (options) => {
      if (options.operation === 'rollback') options.fail({ code: -1404, message: 'cannot rollback' })
      else rollback(options)
    }
    await expect(storage.write({ presented: ['b'] })).rejects.toMatchObject({ problem: 'failed' })
    await storage.write({ presented: ['c'] })
    expect((await storage.load()).presented).toEqual(['a', 'c'])
    sqlite.destroy()
  })

  it('ends the transaction that a restarted page left open', async () => {
    const sqlite = new FakePlusSqlite()
    await new PlusSqliteStorage(sqlite, 'herald').write({ presented: ['a'] })
    await new Promise<unknown>((success) => {
      sqlite.transaction({ name: 'herald', operation: 'begin', success, fail: success })
    })
    const storage = new PlusSqliteStorage(sqlite, 'herald')
    await storage.write({ presented: ['b'] })
    expect((await storage.load()).presented).toEqual(['a', 'b'])
    sqlite.destroy()
  })

  it('tries to open again after it could not', async () => {
    const sqlite = new FakePlusSqlite()
    const storage = new PlusSqliteStorage(sqlite, 'herald')
    sqlite.failAt('open', { code: -1403, message: 'cannot open' })
    await expect(storage.load()).rejects.toMatchObject({ problem: 'failed' })
    expect((await storage.load()).rows).toEqual([])
    sqlite.destroy()
  })

  it('refuses a database of a later version', async () => {
    const sqlite = new FakePlusSqlite()
    const first = new PlusSqliteStorage(sqlite, 'herald')
    await first.load()
    await new Promise<unknown>((success) => {
      sqlite.executeSql({ name: 'herald', sql: ["UPDATE meta SET value = '2'"], success, fail: success })
    })
    await expect(new PlusSqliteStorage(sqlite, 'herald').load()).rejects.toMatchObject({
      problem: 'outdated',
    })
    sqlite.destroy()
  })

  it('says unavailable when the module was not packaged', async () => {
    const missing = new PlusSqliteStorage(undefined as never, 'herald')
    await expect(missing.load()).rejects.toMatchObject({ name: 'StorageError', problem: 'unavailable' })
  })
})
