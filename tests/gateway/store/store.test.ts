import type { Content } from '@herald/protocol'
import Database from 'libsql'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openForWriting, runBatch } from '../../../gateway/stores/sqlite/writer'
import { openTestStore, temporaryFolder } from '../temporary-store'

const content = (body: string): Content => ({ body, priority: 3 })
const MEGABYTE = 1024 * 1024

describe('the store', () => {
  it('keeps each commit on the disk before it answers', async () => {
    const { store } = await openTestStore()
    const [row] = store.reader.pragma('journal_mode') as { journal_mode: string }[]
    expect(row?.journal_mode).toBe('wal')
    const db = openForWriting({ file: join(temporaryFolder(), 'x.db'), maxBytes: 0 })
    expect(db.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 })
    db.close()
  })

  it('commits what gathers during a commit as one batch', async () => {
    const { log, store } = await openTestStore()
    const batches: number[] = []
    store.onCommit((committed) => batches.push(committed.length))
    await Promise.all(Array.from({ length: 300 }, (_, i) => log.append('all', content(String(i)))))
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(300)
    expect(batches.length).toBeLessThan(10)
  })

  it('keeps the order of calls of a turn, however many they are and whatever stands between them', async () => {
    const { log, store } = await openTestStore()
    const order: string[] = []
    store.onCommit((committed) => order.push(...committed.map(({ call }) => call.name)))
    const writes = Array.from({ length: 1500 }, (_, i) =>
      i % 100 === 99 ? log.open(`topic:${String(i)}`) : log.append('all', content(String(i))),
    )
    await Promise.all(writes)
    expect(order).toEqual(writes.map((_, i) => (i % 100 === 99 ? 'openFeed' : 'append')))
    const page = await log.read('all', { after: 0, limit: 2000 })
    expect(page.map(({ seq }) => seq)).toEqual(page.map((_, index) => index + 1))
    expect(page.map(({ body }) => Number(body))).toEqual(
      writes.flatMap((_, i) => (i % 100 === 99 ? [] : [i])),
    )
  })

  it('keeps a turn’s appends whole when one that came late in it has a fault', async () => {
    const { log, store } = await openTestStore()
    const appends = Array.from({ length: 200 }, (_, i) => log.append('all', content(String(i))))
    const broken = store.write('append', { name: 'nobody', args: {} } as never)
    const after = log.append('all', content('after'))
    await expect(broken).rejects.toMatchObject({ code: 'internal' })
    const seqs = (await Promise.all([...appends, after])).map(({ seq }) => seq)
    expect(seqs).toEqual(Array.from({ length: 201 }, (_, i) => i + 1))
    expect(await log.read('all', { after: 0, limit: 500 })).toHaveLength(201)
  })

  it('shows every call of a transaction what the appends before it did', () => {
    const db = openForWriting({ file: join(temporaryFolder(), 'x.db'), maxBytes: 0 })
    const append = (id: string) =>
      ({
        name: 'append',
        args: { feed: 'all', json: '{"body":"x"}', key: undefined, id, newEpoch: 'e', now: 1 },
      }) as const
    const look = { name: 'openFeed', args: { feed: 'all', newEpoch: 'other' } } as const
    const trim = { name: 'trimFeed', args: { feed: 'all', through: 2 } } as const
    const outcomes = runBatch(db, [append('a'), append('b'), look, append('c'), trim, append('d'), look])
    expect(outcomes.map((outcome) => outcome.ok && outcome.result)).toMatchObject([
      ...[
        { seq: 1, from: 1 },
        { seq: 2, from: 1 },
        { epoch: 'e', head: 2 },
        { seq: 3, from: 1 },
      ],
      ...[
        { from: 3, head: 3 },
        { seq: 4, from: 3 },
        { head: 4, from: 3 },
      ],
    ])
    expect(db.prepare('SELECT head, first FROM feeds').get()).toMatchObject({ head: 4, first: 3 })
    db.close()
  })

  it('lets the event loop turn while it commits', async () => {
    const { log, folder } = await openTestStore()
    const other = new Database(join(folder, 'herald.db'))
    other.exec('BEGIN IMMEDIATE')
    let committed = false
    const commit = log.append('all', content('while the disk is busy')).then(() => {
      committed = true
    })
    // The commit cannot end before the other writer does: each of these turns runs beside it.
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    expect(committed).toBe(false)
    other.exec('ROLLBACK')
    other.close()
    await commit
  })

  it('answers storage_unavailable when it is full, keeps reading, and recovers when there is room', async () => {
    const { log, store } = await openTestStore({
      maxBytes: MEGABYTE,
      retention: { maxAgeMs: 1e12, maxCount: 1 },
    })
    const accepted: number[] = []
    const fill = async (): Promise<void> => {
      for (;;) accepted.push((await log.append('all', content('x'.repeat(15_000)))).seq)
    }
    await expect(fill()).rejects.toMatchObject({ code: 'storage_unavailable', retryable: true })
    expect(store.writable).toBe(false)
    const page = await log.read('all', { after: 0, limit: 1000 })
    expect(page.map(({ seq }) => seq)).toEqual(accepted)
    expect((await log.head('all'))?.head).toBe(accepted.length)
    await log.trim(Date.now())
    expect((await log.append('all', content('again'))).seq).toBe(accepted.length + 1)
    expect(store.writable).toBe(true)
  })

  it('calls a refusal to write a fault of the storage, and keeps nothing of the batch', () => {
    const db = openForWriting({ file: join(temporaryFolder(), 'x.db'), maxBytes: 0 })
    const call = { name: 'openFeed', args: { feed: 'topic:x', newEpoch: 'e' } } as const
    db.pragma('query_only = ON')
    expect(runBatch(db, [call, call])).toMatchObject([
      { ok: false, kind: 'storage' },
      { ok: false, kind: 'storage' },
    ])
    db.pragma('query_only = OFF')
    expect(runBatch(db, [call])).toMatchObject([{ ok: true }])
    db.close()
  })

  it('does not write on the connection that reads', async () => {
    const { store } = await openTestStore()
    expect(() => store.reader.exec('DELETE FROM feeds')).toThrow(/readonly/)
  })

  it('keeps the neighbours of a call that has a fault of its own', async () => {
    const { store } = await openTestStore()
    const broken = { name: 'nobody', args: {} } as never
    const open = (feed: string) => store.write('openFeed', { feed, newEpoch: 'e' })
    const results = await Promise.allSettled([
      open('topic:a'),
      store.write('append', broken),
      open('topic:b'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'internal' } })
    expect(store.writable).toBe(true)
  })

  it('writes what waits before it closes, and refuses what comes later', async () => {
    const { log, store, folder } = await openTestStore()
    const pending = log.append('all', content('last'))
    await store.close()
    expect((await pending).seq).toBe(1)
    await expect(log.append('all', content('late'))).rejects.toMatchObject({ code: 'shutting_down' })
    const again = await openTestStore({ folder })
    expect((await again.log.head('all'))?.head).toBe(1)
  })

  it('does not open a store that a newer gateway wrote', async () => {
    const { store, folder } = await openTestStore()
    await store.close()
    const db = new Database(join(folder, 'herald.db'))
    db.exec('PRAGMA user_version = 999')
    db.close()
    await expect(openTestStore({ folder })).rejects.toThrow(/newer than this gateway/)
  })
})
