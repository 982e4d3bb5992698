import { unionRanges, type Pushed, type Range } from '@herald/protocol'
import { asList, getList } from '../stores/sqlite/statements'
import type { Store } from '../stores/sqlite/engine'
import type { PushRow } from '../stores/sqlite/push-rows'

type Row = Pick<PushRow, 'feed' | 'epoch' | 'first' | 'last'>

const PUSHED = asList(
  `SELECT feed, epoch, first, last FROM pushes
   WHERE user = ? AND device = ? AND accepted IS NOT NULL AND acked IS NULL`,
  ['feed', 'epoch', 'first', 'last'],
)

/** What push services have taken for a device that has not acked it: its app need not present that once more. */
export function pushedTo(store: Store, user: string, device: string): Pushed[] {
  return toFrames(getList<Row>(store.reader, PUSHED, user, device))
}

/** One frame for each feed. */
export function toFrames(rows: readonly Row[]): Pushed[] {
  const feeds = new Map<string, { feed: string; epoch: string; ranges: Range[] }>()
  for (const { feed, epoch, first, last } of rows) {
    const name = `${feed} ${epoch}`
    const known = feeds.get(name)
    if (known) known.ranges.push([first, last])
    else feeds.set(name, { feed, epoch, ranges: [[first, last]] })
  }
  return [...feeds.values()].map(({ feed, epoch, ranges }) => ({
    ...{ type: 'pushed', feed, epoch },
    ranges: unionRanges([], ranges).map(([first, last]) => [first, last]),
  }))
}
