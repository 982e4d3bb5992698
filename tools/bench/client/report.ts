import { median } from '../contest'
import type { Row } from '../report'
import type { Latencies } from './banner'
import type { Burst } from './burst'
import type { ScrollRun } from './scroll'
import type { Starts } from './start'

const MB = 1024 * 1024

export interface BurstRun {
  readonly app: Burst
  /** Undefined when it was not asked for. */
  readonly snippet: Burst | undefined
}

/** What each contestant has of a figure, run by run. */
type Figures<Run> = Record<string, (run: Run) => number>

function rowOf<Run>(name: string, unit: string, runs: readonly Run[], figures: Figures<Run>): Row {
  const values = Object.entries(figures).map(([who, figure]) => [who, median(runs.map(figure))] as const)
  // What is not known is left out: the snippet may have been stopped before it came so far.
  return { name, unit, values: Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value))) }
}

/** Holds the first contestant's figure against the second's, run by run. */
function ratioAtMost<Run>(
  [name, unit]: readonly [string, string],
  most: number,
  runs: readonly Run[],
  figures: Figures<Run>,
): Row {
  const [[who, one] = [], [other, two] = []] = Object.entries(figures)
  const value = median(runs.map((run) => (one?.(run) ?? Number.NaN) / (two?.(run) ?? Number.NaN)))
  return {
    ...rowOf(name, unit, runs, figures),
    measured: { of: `${String(who)} / ${String(other)}`, value },
    target: { at: 'most', value: most },
  }
}

/** The burst, and what stays of it in memory. */
export function burstRows(runs: readonly BurstRun[]): Row[] {
  if (runs.length === 0) return []
  const both = (pick: (burst: Burst) => number): Figures<BurstRun> => ({
    app: ({ app }) => pick(app),
    snippet: ({ snippet }) => (snippet ? pick(snippet) : Number.NaN),
  })
  const longest = both(({ cost }) => cost.longestTaskMs)
  const dropped = both(({ cost }) => (cost.framesDropped / (cost.frames + cost.framesDropped)) * 100)
  return [
    rowOf(
      'burst: messages counted',
      'messages',
      runs,
      both(({ counted }) => counted),
    ),
    ...busyRows(
      runs,
      both(({ cost }) => cost.busyMs),
    ),
    {
      ...rowOf('burst: longest task', 'ms', runs, longest),
      measured: { of: 'app', value: median(runs.map(({ app }) => app.cost.longestTaskMs)) },
      target: { at: 'most', value: 50 },
    },
    rowOf(
      'burst: tasks over 50 ms',
      'tasks',
      runs,
      both(({ cost }) => cost.longTasks),
    ),
    rowOf('burst: frames dropped', '%', runs, dropped),
    rowOf(
      'memory: growth by the burst',
      'MB',
      runs,
      both(({ heap }) => (heap.once - heap.empty) / MB),
    ),
    ratioAtMost(['memory: after twice the messages', 'MB'], 1.1, runs, {
      twice: ({ app }) => app.heap.twice / MB,
      once: ({ app }) => app.heap.once / MB,
    }),
  ]
}

/** Without the snippet there is nothing to hold the app against. */
function busyRows(runs: readonly BurstRun[], busy: Figures<BurstRun>): Row[] {
  const compared = runs.filter(({ snippet }) => snippet !== undefined)
  const title = ['burst: main thread busy', 'ms'] as const
  return [compared.length > 0 ? ratioAtMost(title, 0.1, compared, busy) : rowOf(...title, runs, busy)]
}

/** Frames of the list that scrolls, beside those of a page that does nothing. */
export function scrollRows(runs: readonly ScrollRun[]): Row[] {
  if (runs.length === 0) return []
  const fps = ({ app }: ScrollRun): number => app.fps
  return [
    {
      ...rowOf('scroll: frames', '1/s', runs, { app: fps, 'empty page': ({ blank }) => blank }),
      measured: { of: 'app', value: median(runs.map(fps)) },
      target: { at: 'least', value: 55 },
    },
    rowOf('scroll: 95th percentile of a frame', 'ms', runs, { app: ({ app }) => app.p95FrameMs }),
  ]
}

/** From the publish to the banner, beside a bare websocket. */
export function bannerRows(runs: readonly Latencies[]): Row[] {
  if (runs.length === 0) return []
  return [
    ratioAtMost(['publish to banner', 'ms'], 2, runs, {
      banner: ({ banner }) => median(banner),
      'bare echo': ({ echo }) => median(echo),
    }),
  ]
}

/** From the navigation to the first list, while the gateway answers nothing. */
export function startRows(runs: readonly Starts[]): Row[] {
  if (runs.length === 0) return []
  const empty = (run: Starts): number => run.empty
  return [
    ratioAtMost(['start: first list from storage', 'ms'], 1.25, runs, {
      list: ({ list }) => list,
      'empty inbox': empty,
    }),
    rowOf('start: with every row in the database', 'ms', runs, {
      list: ({ wholeList }) => wholeList,
      'empty inbox': empty,
    }),
  ]
}
