import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Ack } from '../../../gateway/contracts/acks'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { getRow } from '../../../gateway/stores/sqlite/statements'
import type { SqliteEngine } from '../../../gateway/stores/sqlite/engine'
import { openTestStore } from '../temporary-store'

const DEVICES = 1000

const ackOf = (device: number, seq: number, epoch = 'e1'): Ack => ({
  ...{ user: `u${device}`, device: `device-${device}`, feed: 'all', epoch, seq },
  time: 1_000 + seq,
})

const storedSeq = (store: SqliteEngine, device: number): number | undefined =>
  getRow<{ seq: number }>(store.reader, 'SELECT seq FROM acks WHERE device = ?', `device-${device}`)?.seq

async function open() {
  const opened = await openTestStore()
  const faults: unknown[] = []
  const ledger = new AckBuffer(opened.acks, (error) => faults.push(error))
  return { ...opened, ledger, faults }
}

describe('the acks of many devices', () => {
  beforeEach(() => {
    // The ledger's own flushes: these tests say when.
    vi.useFakeTimers({ toFake: ['setTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('stay where they were when a lower one comes before the disk has the higher', async () => {
    const { store, ledger } = await open()
    ledger.record(ackOf(1, 5))
    ledger.record(ackOf(1, 3))
    expect((await ledger.ackOf('u1', 'device-1', 'all', 'e1'))?.seq).toBe(5)
    await ledger.flush()
    expect(storedSeq(store, 1)).toBe(5)
  })

  it('let a publish pass between them on their way to the disk', async () => {
    const { store, log, ledger } = await open()
    const committed: string[] = []
    store.onCommit((calls) => committed.push(...calls.map(({ call }) => call.name)))
    for (let device = 0; device < DEVICES; device += 1) ledger.record(ackOf(device, 1))
    const flushed = ledger.flush()
    await log.append('all', { body: 'disk full', priority: 3 })
    expect(committed.filter((name) => name === 'saveAcks').length).toBeLessThanOrEqual(2)
    await flushed
    expect(committed.filter((name) => name === 'saveAcks').length).toBeGreaterThanOrEqual(10)
    for (let device = 0; device < DEVICES; device += 1) expect(storedSeq(store, device)).toBe(1)
  })

  it('reach it in the order in which they came, also when two flushes meet', async () => {
    const { store, ledger } = await open()
    for (let device = 0; device < DEVICES; device += 1) ledger.record(ackOf(device, 9, 'old'))
    const first = ledger.flush()
    for (let device = 0; device < DEVICES; device += 1) ledger.record(ackOf(device, 2, 'new'))
    await Promise.all([first, ledger.flush()])
    for (const device of [0, DEVICES - 1]) {
      expect(storedSeq(store, device)).toBe(2)
      expect(await ledger.ackOf(`u${device}`, `device-${device}`, 'all', 'new')).toMatchObject({ seq: 2 })
    }
  })

  it('are kept for the next flush when the disk refuses, but those that were saved', async () => {
    const { store, ledger, faults } = await open()
    const write = store.write.bind(store)
    let refuseAfter = 3
    store.write = (name, args) =>
      refuseAfter-- > 0 ? write(name, args) : Promise.reject(new Error('the disk is full'))
    for (let device = 0; device < DEVICES; device += 1) ledger.record(ackOf(device, 1))
    await ledger.flush()
    expect(faults).toHaveLength(1)
    expect(storedSeq(store, 0)).toBe(1)
    expect(storedSeq(store, DEVICES - 1)).toBeUndefined()
    expect(await ledger.ackOf(`u${DEVICES - 1}`, `device-${DEVICES - 1}`, 'all', 'e1')).toMatchObject({
      seq: 1,
    })
    store.write = write
    await ledger.flush()
    expect(storedSeq(store, DEVICES - 1)).toBe(1)
    expect(faults).toHaveLength(1)
  })
})
