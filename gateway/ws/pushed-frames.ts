import { unionRanges, type Pushed, type Range } from '@herald/protocol'
import type { Span } from '../contracts/push-ledger'

/** What push services have taken for a device, as frames: its app need not present that once more. One for each feed. */
export function toFrames(rows: readonly Span[]): Pushed[] {
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
