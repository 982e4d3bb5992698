import { describe, expect, it } from 'vitest'
import { copyRows, MoveError, type MoveEnd, type MoveTarget } from '../../../gateway/stores/move/copy'
import type { MovedTable, Row } from '../../../gateway/stores/move/tables'

const FEED: Row = ['topic:a', 'epoch-1', 1, 2, 2, 2]

/** A store with users and one feed. */
const endOf = (users: readonly Row[], feeds: readonly Row[]): MoveEnd => ({
  count: ({ name }) => Promise.resolve(name === 'users' ? users.length : 0),
  rows: ({ name }) => (name === 'users' ? [users] : []),
  feeds: () => [feeds],
})

const users: readonly Row[] = [
  ['ann', 'Ann', 1, null],
  ['bob', 'Bob', 2, null],
]

/** One that keeps what a fault of it makes of the rows. */
function targetOf(
  fault: (rows: readonly Row[]) => readonly Row[],
  feeds: readonly Row[] = [FEED],
): MoveTarget {
  const kept: Row[] = []
  return {
    ...endOf([], feeds),
    rows: ({ name }: MovedTable) => (name === 'users' ? [kept] : []),
    insert(_table, rows) {
      kept.push(...fault(rows))
      return Promise.resolve()
    },
    numberOn: () => Promise.resolve(),
  }
}

const copy = (target: MoveTarget) => copyRows(endOf(users, [FEED]), target, () => undefined)

describe('the rows of a move', () => {
  it('are counted by table when each was found again', async () => {
    const { tables, feeds } = await copy(targetOf((rows) => rows))
    expect(tables).toMatchObject({ users: 2, messages: 0 })
    expect(feeds).toBe(1)
  })

  it('that are lost, doubled or altered on the way end the move by the name of their table', async () => {
    const faults: ((rows: readonly Row[]) => readonly Row[])[] = [
      (rows) => rows.slice(1),
      (rows) => [...rows, ...rows],
      (rows) =>
        rows.map(([id, name, created]) => [id ?? null, String(name).toLowerCase(), created ?? null, null]),
    ]
    for (const fault of faults) {
      const error: unknown = await copy(targetOf(fault)).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(MoveError)
      expect(String(error)).toContain('the table users did not come over as it was')
    }
  })

  it('make feeds that have the same life, bounds and messages, or the move ends by the name of the feed', async () => {
    for (const feeds of [[], [['topic:a', 'epoch-2', 1, 2, 2, 2]], [['topic:a', 'epoch-1', 1, 2, 1, 2]]])
      await expect(copy(targetOf((rows) => rows, feeds))).rejects.toThrow(
        'the feed topic:a did not come over',
      )
  })
})
