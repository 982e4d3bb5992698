import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { applyWrite, emptyInbox } from '@/services/storage/memory'
import { MAX_HIDDEN, MAX_PRESENTED, type InboxStorage, type StorageWrite } from '@/services/storage/storage'
import { idAt, messageAt, recordOf, sorted } from './inbox-fixtures'

/** One place where an inbox is kept. `reopen` gives what a restarted app would see. */
export interface StoragePlace {
  readonly storage: InboxStorage
  readonly reopen: () => InboxStorage | Promise<InboxStorage>
  readonly remove?: () => void
}

const FEEDS = ['all', 'user:me', 'topic:a']
const feed = fc.constantFrom(...FEEDS)
const seq = fc.integer({ min: 1, max: 12 })
const text = fc.string({ unit: 'binary', maxLength: 20 })
const id = fc.tuple(feed, seq).map(([name, at]) => idAt(name, at))
const list = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> => fc.array(value, { maxLength: 4 })

/** Any write that keeps to the contract: an id stands at one place for ever. */
export const anyWrite: fc.Arbitrary<StorageWrite> = fc.record(
  {
    feeds: list(fc.tuple(feed, seq).map(([name, cursor]) => recordOf(name, { cursor, head: cursor }))),
    dropFeeds: fc.array(feed, { maxLength: 1 }),
    rows: list(
      fc.tuple(feed, seq, text).map(([name, at, body]) => messageAt(name, at, { body, title: body })),
    ),
    dropRowsBelow: fc.array(fc.record({ feed, seq }), { maxLength: 2 }),
    dropRows: fc.array(id, { maxLength: 2 }),
    hidden: list(id),
    presented: list(id),
  },
  { requiredKeys: [] },
)

/** What every InboxStorage does. `open` gives an empty place. */
export function inboxStorageSuite(name: string, open: () => StoragePlace | Promise<StoragePlace>): void {
  describe(`${name} as inbox storage`, () => {
    const places: StoragePlace[] = []
    const place = async (): Promise<StoragePlace> => {
      const opened = await open()
      places.push(opened)
      return opened
    }
    afterEach(() => {
      for (const opened of places.splice(0)) opened.remove?.()
    })

    it('is empty at first', async () => {
      expect(await (await place()).storage.load()).toEqual(emptyInbox())
    })

    it('gives after a restart what was written before', async () => {
      const { storage, reopen } = await place()
      const row = messageAt('all', 1, {
        title: 'it\'s; -- ‘quoted’ "\\',
        body: 'NUL \0, emoji 🚀👩‍👩‍👧, lone \ud800 and \udfff, line\r\n\u2028end, 中文',
        data: { nested: [1, null, { "o'clock": true }] },
        tags: ['a;b'],
        actions: [{ label: 'Open', link: 'https://example.org/?a=1&b=%27' }],
      })
      const record = recordOf('all', { head: 1, cursor: 1, read: [[1, 1]] })
      await storage.write({ feeds: [record], rows: [row], hidden: ['h'], presented: [row.id] })
      expect(await (await reopen()).load()).toEqual({
        feeds: [record],
        rows: [row],
        hidden: ['h'],
        presented: [row.id],
      })
    })

    it('drops before it puts, so that one write renews a feed', async () => {
      const { storage, reopen } = await place()
      await storage.write({ feeds: [recordOf('all')], rows: [1, 2, 3].map((at) => messageAt('all', at)) })
      const renewed = recordOf('all', { epoch: 'e2' })
      await storage.write({
        dropFeeds: ['all'],
        feeds: [renewed],
        rows: [messageAt('all', 1, { body: 'new' })],
      })
      const stored = await (await reopen()).load()
      expect(stored.feeds).toEqual([renewed])
      expect(stored.rows.map((row) => row.body)).toEqual(['new'])
    })

    it('drops only the rows below a seq, and only of that feed', async () => {
      const { storage, reopen } = await place()
      await storage.write({ rows: FEEDS.flatMap((name) => [9, 10, 11].map((at) => messageAt(name, at))) })
      await storage.write({
        dropRowsBelow: [{ feed: 'all', seq: 10 }],
        dropRows: [idAt('topic:a', 10), 'unknown'],
      })
      const { rows } = sorted(await (await reopen()).load())
      expect(rows.map((row) => `${row.feed} ${String(row.seq)}`)).toEqual([
        'all 10',
        'all 11',
        'topic:a 9',
        'topic:a 11',
        'user:me 9',
        'user:me 10',
        'user:me 11',
      ])
    })

    it('keeps the newest hidden and presented ids, oldest first, each once', async () => {
      const { storage, reopen } = await place()
      const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `id-${String(at)}`)
      await storage.write({ hidden: ids(MAX_HIDDEN), presented: ids(MAX_PRESENTED) })
      await storage.write({ hidden: ['id-7', 'new'], presented: ['id-7', 'new', 'newer'] })
      const stored = await (await reopen()).load()
      expect(stored.hidden).toEqual([...ids(MAX_HIDDEN).slice(1), 'new'])
      expect(stored.presented).toEqual([...ids(MAX_PRESENTED).slice(2), 'new', 'newer'])
    })

    it('applies writes in the order of the calls, awaited or not', async () => {
      const { storage, reopen } = await place()
      const writes = Array.from({ length: 20 }, (_, at) =>
        storage.write({ feeds: [recordOf('all', { cursor: at })] }),
      )
      const loaded = storage.load()
      await Promise.all(writes)
      expect((await loaded).feeds).toEqual([recordOf('all', { cursor: 19 })])
      expect((await (await reopen()).load()).feeds).toEqual([recordOf('all', { cursor: 19 })])
    })

    it('forgets everything at clear, and can be used again', async () => {
      const { storage, reopen } = await place()
      await storage.write({
        feeds: [recordOf('all')],
        rows: [messageAt('all', 1)],
        hidden: ['a'],
        presented: ['b'],
      })
      await storage.clear()
      expect(await storage.load()).toEqual(emptyInbox())
      expect(await (await reopen()).load()).toEqual(emptyInbox())
      await storage.write({ presented: ['c'] })
      expect((await storage.load()).presented).toEqual(['c'])
    })

    it('holds 1,000 rows of the longest texts', async () => {
      const { storage, reopen } = await place()
      const rows = Array.from({ length: 1000 }, (_, at) =>
        messageAt('all', at + 1, { body: '长'.repeat(400) }),
      )
      await storage.write({ feeds: [recordOf('all', { cursor: 1000, head: 1000 })], rows })
      expect(sorted(await (await reopen()).load()).rows).toEqual(rows)
    })

    it('equals the model after any writes and a restart', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyWrite, { maxLength: 8 }), async (writes) => {
          const { storage, reopen, remove } = await open()
          let model = emptyInbox()
          for (const write of writes) {
            await storage.write(write)
            model = applyWrite(model, write)
          }
          expect(sorted(await storage.load())).toEqual(sorted(model))
          expect(sorted(await (await reopen()).load())).toEqual(sorted(model))
          remove?.()
        }),
        { numRuns: 60 },
      )
    })
  })
}
