import Database from 'libsql'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { LEFT_TABLES, MOVED_TABLES } from '../../../gateway/stores/move/tables'
import { migrate } from '../../../gateway/stores/sqlite/schema'
import { temporaryFolder } from '../temporary-store'
import { everythingOf, fill, isKnown, move, spawnMove, startOn, type Holders } from './moved-store'
import { emptyDatabase, newDatabase } from './new-database'

/** A gateway of a folder, gone when the test has ended. */
async function run(folder: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = await startOn(folder, env)
  onTestFinished(() => gateway.dispose())
  return gateway
}

/** A folder whose gateway has stopped, and what its senders and devices hold: made once, and copied for each test. */
const template = mkdtempSync(join(tmpdir(), 'herald-move-'))
let holders: Holders

beforeAll(async () => {
  const gateway = await startOn(template)
  holders = await fill(gateway, { messages: 60, devices: 2 })
  await gateway.stop()
}, 60_000)

afterAll(() => {
  rmSync(template, { recursive: true, force: true })
})

function filledFolder(): string {
  const folder = temporaryFolder()
  cpSync(template, folder, { recursive: true })
  return folder
}

async function askDatabase(uri: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: uri })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows
  } finally {
    await client.end()
  }
}

const tablesOf = (uri: string): Promise<unknown[]> =>
  askDatabase(uri, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")

/** Connections of moves and gateways; the database notices a moment later that one is gone. */
async function connectionsOf(uri: string): Promise<number> {
  const [row] = (await askDatabase(
    uri,
    `SELECT count(*)::int AS there FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'herald%'`,
  )) as { there: number }[]
  return row?.there ?? 0
}

/** Somebody who makes the move wait in its midst: users and tokens are there, and messages are not. */
async function holdMessages(uri: string) {
  const client = new Client({ connectionString: uri })
  await client.connect()
  await client.query('BEGIN; LOCK TABLE messages IN SHARE MODE')
  return {
    waiting: async (): Promise<boolean> =>
      (await askDatabase(uri, "SELECT 1 FROM pg_locks WHERE relation = 'messages'::regclass AND NOT granted"))
        .length > 0,
    end: () => client.end(),
  }
}

/** What a command that failed wrote. */
const refusal = async (asked: Promise<string>): Promise<string> => {
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error === undefined) throw new Error('it was not refused')
  return (error as { stderr: string }).stderr
}

describe('herald store move', () => {
  it('brings every page, unread count, token and key to PostgreSQL, and back', async () => {
    const folder = temporaryFolder()
    const uri = await emptyDatabase()
    const gateway = await run(folder)
    const holders = await fill(gateway, { messages: 300, devices: 5 })
    const before = await everythingOf(gateway, holders)
    await gateway.stop()

    expect(await move(folder, '--to', uri)).toMatch(/^moved 300 messages of \d+ feeds, 5 users, /)
    expect(existsSync(join(folder, 'herald.db'))).toBe(false)
    expect(existsSync(join(folder, 'herald.db.moved'))).toBe(true)
    const onDatabase = await run(folder, { HERALD_STORE: uri })
    expect(await everythingOf(onDatabase, holders)).toEqual(before)
    expect(await isKnown(onDatabase, holders.publish, 17)).toBe(true)
    const published = await onDatabase.publish('topic:ops', { body: 'one more' })
    expect(published.status).toBe(201)
    const there = await everythingOf(onDatabase, holders)
    await onDatabase.stop()

    expect(await move(folder, '--from', uri, '--to', 'file')).toMatch(/^moved 301 messages of /)
    const back = await run(folder)
    expect(await everythingOf(back, holders)).toEqual(there)
    expect(await isKnown(back, holders.publish, 17)).toBe(true)
    expect((await back.publish('topic:ops', { body: 'and one' })).body.seq).toBe(
      Number(published.body.seq) + 1,
    )
  }, 120_000)
})

describe('a move that is cut short', () => {
  it('leaves the file as it was and the database empty', async () => {
    const folder = filledFolder()
    const uri = await newDatabase()
    const holder = await holdMessages(uri)
    const moving = spawnMove(folder, '--to', uri)
    await expect.poll(() => holder.waiting()).toBe(true)
    moving.kill('SIGKILL')
    await once(moving, 'exit')
    await holder.end()
    await expect.poll(() => connectionsOf(uri)).toBe(0)
    for (const { name } of MOVED_TABLES) expect(await askDatabase(uri, `SELECT 1 FROM ${name}`)).toEqual([])
    const gateway = await run(folder)
    expect(await isKnown(gateway, holders.publish, 1)).toBe(true)
    await gateway.stop()
    expect(await move(folder, '--to', uri)).toMatch(/^moved 60 messages/)
  }, 120_000)

  it('between its commit and the file’s new name is taken by no gateway, and finished by the same command', async () => {
    const folder = filledFolder()
    const uri = await emptyDatabase()
    await move(folder, '--to', uri)
    // As a kill at that moment leaves it.
    renameSync(join(folder, 'herald.db.moved'), join(folder, 'herald.db'))
    await askDatabase(uri, "CREATE TABLE herald_move AS SELECT 'arriving' AS mark")
    await expect(run(folder, { HERALD_STORE: uri })).rejects.toThrow('has not been finished')
    expect(await refusal(move(temporaryFolder(), '--from', uri, '--to', 'file'))).toContain(
      'has not been finished',
    )
    // Until then the file may be served, and go on.
    const gateway = await run(folder)
    await gateway.publish('topic:ops', { body: 'meanwhile' })
    await gateway.stop()
    expect(await move(folder, '--to', uri)).toMatch(/^moved 61 messages/)
    const onDatabase = await run(folder, { HERALD_STORE: uri })
    expect(await isKnown(onDatabase, holders.publish, 1)).toBe(true)
  }, 120_000)

  it('behind the file’s new name is finished by the same command too', async () => {
    const folder = filledFolder()
    const uri = await emptyDatabase()
    await move(folder, '--to', uri)
    await askDatabase(uri, "CREATE TABLE herald_move AS SELECT 'arriving' AS mark")
    await expect(run(folder)).rejects.toThrow('was moved to a database')
    expect(await move(folder, '--to', uri)).toMatch(/^moved 60 messages/)
    expect(await isKnown(await run(folder, { HERALD_STORE: uri }), holders.publish, 1)).toBe(true)
  }, 120_000)

  it('on the way back, behind the mark and before the file has its name, is finished by the same command', async () => {
    const folder = filledFolder()
    const uri = await emptyDatabase()
    await move(folder, '--to', uri)
    const other = temporaryFolder()
    await move(other, '--from', uri, '--to', 'file')
    rmSync(join(other, 'herald.db'))
    await expect(run(other, { HERALD_STORE: uri })).rejects.toThrow('was moved to a file')
    expect(await move(other, '--from', uri, '--to', 'file')).toMatch(/^moved 60 messages/)
    const back = await run(other)
    expect(await isKnown(back, holders.publish, 1)).toBe(true)
  }, 120_000)
})

describe('a move is refused', () => {
  it('while a gateway has the file, or the database', async () => {
    const folder = temporaryFolder()
    const uri = await newDatabase()
    const gateway = await run(folder)
    expect(await refusal(move(folder, '--to', uri))).toContain('another gateway uses')
    await gateway.stop()
    const other = await run(temporaryFolder(), { HERALD_STORE: uri })
    expect(await refusal(move(folder, '--to', uri))).toContain('a gateway uses this database')
    expect(await refusal(move(temporaryFolder(), '--from', uri, '--to', 'file'))).toContain(
      'a gateway uses this database',
    )
    await other.stop()
  }, 120_000)

  it('into a store that is not empty, and into a database with tables of something else', async () => {
    const folder = filledFolder()
    const used = await newDatabase()
    const gateway = await run(temporaryFolder(), { HERALD_STORE: used })
    await gateway.stop()
    expect(await refusal(move(folder, '--to', used))).toContain('the database is not empty')
    expect(await refusal(move(folder, '--from', used, '--to', 'file'))).toContain('is not empty')
    const foreign = await emptyDatabase()
    await askDatabase(foreign, 'CREATE TABLE users (id int)')
    expect(await refusal(move(folder, '--to', foreign))).toContain('a table users of something else')
    expect(existsSync(join(folder, 'herald.db'))).toBe(true)
  }, 120_000)

  it('from or into a store of another version of Herald, by name', async () => {
    const folder = filledFolder()
    const uri = await newDatabase()
    await askDatabase(uri, 'UPDATE herald_schema SET version = version + 1')
    expect(await refusal(move(folder, '--to', uri))).toContain("newer than this gateway's")
    await expect(run(temporaryFolder(), { HERALD_STORE: uri })).rejects.toThrow("newer than this gateway's")
    expect(await refusal(move(temporaryFolder(), '--from', uri, '--to', 'file'))).toContain(
      'of a newer Herald',
    )
    await askDatabase(uri, 'UPDATE herald_schema SET version = 0')
    expect(await refusal(move(temporaryFolder(), '--from', uri, '--to', 'file'))).toContain(
      'of an older Herald',
    )
    for (const [version, word] of [
      [99, 'of a newer Herald'],
      [4, 'of an older Herald'],
    ] as const) {
      const db = new Database(join(folder, 'herald.db'))
      db.pragma(`user_version = ${String(version)}`)
      db.close()
      expect(await refusal(move(folder, '--to', await emptyDatabase()))).toContain(word)
    }
  }, 120_000)

  it('without a folder, a file, a database or a password, in words that hold no password', async () => {
    const nowhere = join(temporaryFolder(), 'none')
    const uri = 'postgres://me:secret-1@127.0.0.1:1/none'
    expect(await refusal(move(nowhere, '--to', uri))).toContain(`there is no folder ${nowhere}`)
    const words = await refusal(move(temporaryFolder(), '--to', uri))
    expect(words).toContain('no database takes writes: 127.0.0.1')
    expect(words).not.toContain('secret-1')
    expect(await refusal(move(temporaryFolder(), '--to', await emptyDatabase()))).toContain('holds no store')
    expect(await refusal(move(temporaryFolder(), '--to', 'mysql://x'))).toContain('a store is postgres://')
    expect(await refusal(move(temporaryFolder(), '--to', 'file'))).toContain('--from, or HERALD_STORE')
  })
})

describe('a rehearsal', () => {
  it('does everything and changes neither', async () => {
    const folder = filledFolder()
    const uri = await emptyDatabase()
    expect(await move(folder, '--to', uri, '--rehearse')).toMatch(/^rehearsed: 60 messages/)
    expect(await tablesOf(uri)).toEqual([])
    expect(await move(folder, '--to', uri)).toMatch(/^moved 60 messages/)
    expect(await move(folder, '--from', uri, '--to', 'file', '--rehearse')).toMatch(/^rehearsed: 60 messages/)
    expect(existsSync(join(folder, 'herald.db'))).toBe(false)
    expect(existsSync(join(folder, 'herald.db.partial'))).toBe(false)
    await (await run(folder, { HERALD_STORE: uri })).stop()
  }, 120_000)
})

describe('what moves', () => {
  it('is every table and column of both engines, but what gateways tell each other while they run', async () => {
    const uri = await newDatabase()
    const columns = (await askDatabase(
      uri,
      `SELECT table_name AS "table", string_agg(column_name, ' ' ORDER BY column_name) AS columns
       FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1`,
    )) as { table: string; columns: string }[]
    const db = new Database(':memory:')
    migrate(db)
    const files = db
      .prepare(
        `SELECT m.name AS "table", group_concat(c.name, ' ') AS columns
         FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' GROUP BY m.name`,
      )
      .all() as { table: string; columns: string }[]
    db.close()
    const moved = Object.fromEntries(
      MOVED_TABLES.map(({ name, columns: list }) => [name, Object.keys(list).sort().join(' ')]),
    )
    const left = [...LEFT_TABLES, 'herald_schema']
    const sorted = (text: string): string => text.split(' ').sort().join(' ')
    const found = (rows: { table: string; columns: string }[]) =>
      Object.fromEntries(
        rows.filter(({ table }) => !left.includes(table)).map((row) => [row.table, sorted(row.columns)]),
      )
    expect(found(columns)).toEqual(moved)
    expect(found(files)).toEqual(moved)
  })
})
