import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StorageWriter } from '@/services/inbox/storage-writer'
import { applyWrite, emptyInbox, MemoryStorage } from '@/services/storage/memory'
import type { InboxStorage, StorageWrite } from '@/services/storage/storage'
import { FakeClock, settle } from '../fake-clock'
import { messageAt, recordOf, sorted } from '../storage/inbox-fixtures'
import { anyWrite } from '../storage/inbox-storage-suite'

/** A storage that writes when it is told to. */
class SlowStorage implements InboxStorage {
  readonly inner = new MemoryStorage()
  readonly writes: StorageWrite[] = []
  #waiting: (() => void)[] = []

  load = () => this.inner.load()
  clear = () => this.inner.clear()

  async write(write: StorageWrite): Promise<void> {
    this.writes.push(write)
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    await this.inner.write(write)
  }

  async release(): Promise<void> {
    while (this.#waiting.length > 0) {
      for (const go of this.#waiting.splice(0)) go()
      await settle()
    }
  }
}

function open() {
  const storage = new SlowStorage()
  const writer = new StorageWriter({
    storage,
    clock: new FakeClock(),
    snapshot: () => ({}),
    onFailed: () => undefined,
  })
  return { storage, writer }
}

describe('the storage writer', () => {
  test('writes of a flood only what stays, and says of the rest too that it is stored', async () => {
    const { storage, writer } = open()
    const stored: number[] = []
    for (let seq = 1; seq <= 100; seq += 1) {
      const { stored: done } = writer.write({
        feeds: [recordOf('all', { cursor: seq, head: seq })],
        rows: [messageAt('all', seq)],
      })
      void done.then(() => stored.push(seq))
      if (seq % 10 === 0) writer.write({ dropRowsBelow: [{ feed: 'all', seq: seq - 4 }] })
    }
    await settle()
    expect(stored).toEqual([])
    await storage.release()
    expect(storage.writes).toHaveLength(2)
    expect(storage.writes[1]?.rows).toHaveLength(5)
    expect(stored).toHaveLength(100)
    expect((await storage.load()).rows.map(({ seq }) => seq)).toEqual([96, 97, 98, 99, 100])
  })

  test('leaves storage as the steps one by one would, however many waited for each other', async () => {
    const steps = fc.array(fc.record({ write: anyWrite, pause: fc.boolean() }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { storage, writer } = open()
        let expected = emptyInbox()
        for (const { write, pause } of taken) {
          writer.write(write)
          expected = applyWrite(expected, write)
          if (pause) await storage.release()
        }
        await settle()
        await storage.release()
        expect(sorted(await storage.load())).toEqual(sorted(expected))
      }),
      { numRuns: 1_000 },
    )
  })
})
