import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { HeraldError } from '@herald/protocol'
import type { Ack } from '../../../gateway/contracts/acks'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { LiveNotes } from '../../../gateway/presence/live-notes'
import { getRow } from '../../../gateway/stores/sqlite/statements'
import type { SqliteEngine } from '../../../gateway/stores/sqlite/engine'
import { openTestStore } from '../temporary-store'

/** Far more than go into one write. */
const MANY = 3000

const ackOf = (index: number, seq = 1): Ack => ({
  ...{ user: `user${index}`, device: 'device-0001', feed: 'all', epoch: 'e', seq, time: 1 },
})

async function open() {
  const opened = await openTestStore()
  const { store, log } = opened
  const faults: unknown[] = []
  const acks = new AckBuffer(opened.acks, (error) => faults.push(error))
  const live = new LiveNotes(opened.devices, (error) => faults.push(error))
  const stored = (): number =>
    getRow<{ count: number }>(store.reader, 'SELECT count(*) AS count FROM acks')?.count ?? 0
  return { store, log, acks, live, faults, stored }
}

/** The names of all commands, transaction by transaction. */
function transactionsOf(store: SqliteEngine): string[][] {
  const transactions: string[][] = []
  store.onCommit((committed) => transactions.push(committed.map(({ call }) => call.name)))
  return transactions
}

/** How many transactions ended after the one with the first append. */
const afterAppend = (transactions: string[][]): number =>
  transactions.length - 1 - transactions.findIndex((names) => names.includes('append'))

it('lets a publish overtake the notes of many devices that came', async () => {
  const { store, log, live } = await open()
  const transactions = transactionsOf(store)
  for (let index = 0; index < MANY; index += 1) live.note(`user${index}`, 'device-0001', true)
  const flushed = live.flush()
  await nextTurn()
  await log.append('all', { body: 'x', priority: 3 })
  await flushed
  expect(afterAppend(transactions)).toBeGreaterThan(0)
})

it('writes notes of a device in their order, also while earlier ones are being written', async () => {
  const { store, live } = await open()
  const written = vi.spyOn(store, 'write')
  for (let index = 0; index < MANY; index += 1) live.note(`user${index}`, 'device-0001', true)
  const first = live.flush()
  await nextTurn()
  live.note(`user${MANY - 1}`, 'device-0001', false)
  await Promise.all([first, live.flush()])
  const notes = written.mock.calls.flatMap(
    ([, args]) => args as { user: string; device: string; live: boolean; at: number }[],
  )
  expect(notes.filter(({ user }) => user === `user${MANY - 1}`).map((note) => note.live)).toEqual([
    true,
    false,
  ])
})

it('keeps acks that the disk refused, and writes them the next time', async () => {
  const { store, acks, faults, stored } = await open()
  for (let index = 0; index < MANY; index += 1) acks.record(ackOf(index))
  const refused = new HeraldError('storage_unavailable')
  let refuse: () => void = () => undefined
  vi.spyOn(store, 'write').mockImplementationOnce(
    () =>
      new Promise((_resolve, reject) => {
        refuse = () => {
          reject(refused)
        }
      }),
  )
  const flushed = acks.flush()
  await nextTurn()
  // Newer than what is about to be refused.
  acks.record(ackOf(0, 2))
  refuse()
  await flushed
  expect(faults).toEqual([refused])
  expect(await acks.ackOf('user1', 'device-0001', 'all', 'e')).toMatchObject({ seq: 1 })
  await acks.flush()
  expect(stored()).toBe(MANY)
  expect(await acks.ackOf('user0', 'device-0001', 'all', 'e')).toMatchObject({ seq: 2 })
})
