import type { BrowserContext, CDPSession, Page } from 'playwright-core'

/** What one stretch of work has cost the page's main thread. */
export interface Cost {
  /** Busy, in ms of the thread's own time. */
  readonly busyMs: number
  /** Busy by the wall's clock, in ms: on a machine that does nothing else, the same. */
  readonly wallBusyMs: number
  /** The longest task, in ms. */
  readonly longestTaskMs: number
  /** Tasks over 50 ms, which is what the Long Tasks specification calls long. */
  readonly longTasks: number
  /** Frames that the page did not draw in time, of those it could have drawn meanwhile. */
  readonly framesDropped: number
  readonly frames: number
  readonly wallMs: number
}

interface TraceEvent {
  readonly name: string
  readonly tid: number
  readonly pid: number
  readonly dur?: number
  readonly tdur?: number
  readonly ts: number
  readonly args?: { readonly name?: string }
}

const FRAME_MS = 1000 / 60
const LONG_TASK_MS = 50

/** A page whose processor is slowed, and what can be measured of it. */
export class SlowPage {
  readonly page: Page
  readonly #cdp: CDPSession
  #before = new Map<string, number>()
  #trace: TraceEvent[] = []

  private constructor(page: Page, cdp: CDPSession) {
    this.page = page
    this.#cdp = cdp
    cdp.on('Tracing.dataCollected', ({ value }) => {
      this.#trace.push(...(value as unknown as TraceEvent[]))
    })
  }

  static async open(context: BrowserContext): Promise<SlowPage> {
    const page = await context.newPage()
    const cdp = await context.newCDPSession(page)
    await cdp.send('Performance.enable')
    await cdp.send('HeapProfiler.enable')
    return new SlowPage(page, cdp)
  }

  async slowDown(rate: number): Promise<void> {
    await this.#cdp.send('Emulation.setCPUThrottlingRate', { rate })
  }

  /** Bytes that JavaScript holds after the garbage is gone. */
  async heapBytes(): Promise<number> {
    await this.#cdp.send('HeapProfiler.collectGarbage')
    return (await this.#metrics()).get('JSHeapUsedSize') ?? Number.NaN
  }

  async begin(): Promise<void> {
    await this.page.evaluate(() => {
      const stamps: number[] = []
      let running = true
      const tick = (now: number): void => {
        stamps.push(now)
        if (running) requestAnimationFrame(tick)
      }
      requestAnimationFrame(tick)
      Object.assign(window, {
        endFrames: () => {
          running = false
          return stamps
        },
      })
    })
    this.#trace = []
    await this.#cdp.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: {
        includedCategories: ['disabled-by-default-devtools.timeline'],
        excludedCategories: ['*'],
      },
    })
    this.#before = await this.#metrics()
  }

  async end(): Promise<Cost> {
    const after = await this.#metrics()
    const since = (name: string): number => (after.get(name) ?? 0) - (this.#before.get(name) ?? 0)
    const ended = new Promise((done) => this.#cdp.once('Tracing.tracingComplete', done))
    await this.#cdp.send('Tracing.end')
    await ended
    const stamps = await this.page.evaluate(() =>
      (window as unknown as { endFrames: () => number[] }).endFrames(),
    )
    const tasks = longestFirst(this.#trace)
    return {
      busyMs: sum(tasks),
      wallBusyMs: since('TaskDuration') * 1000,
      longestTaskMs: tasks[0] ?? 0,
      longTasks: tasks.filter((ms) => ms > LONG_TASK_MS).length,
      ...droppedFrames(stamps),
      wallMs: since('Timestamp') * 1000,
    }
  }

  async #metrics(): Promise<Map<string, number>> {
    const { metrics } = await this.#cdp.send('Performance.getMetrics')
    return new Map(metrics.map(({ name, value }) => [name, value]))
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The tasks of the page's main thread in ms: of the renderers' main threads the busiest. */
function longestFirst(trace: readonly TraceEvent[]): number[] {
  const threads = new Map<string, number[]>()
  const threadOf = ({ pid, tid }: TraceEvent): string => `${String(pid)} ${String(tid)}`
  for (const event of trace) {
    if (event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
      threads.set(threadOf(event), [])
  }
  for (const event of trace) {
    // By the thread's own clock: what other processes take of a busy machine is not the page's.
    if (event.name === 'RunTask') threads.get(threadOf(event))?.push((event.tdur ?? event.dur ?? 0) / 1000)
  }
  const [busiest = []] = [...threads.values()].sort((a, b) => sum(b) - sum(a))
  return busiest.sort((a, b) => b - a)
}

function droppedFrames(stamps: readonly number[]): { frames: number; framesDropped: number } {
  let dropped = 0
  for (let index = 1; index < stamps.length; index += 1) {
    const interval = (stamps[index] ?? 0) - (stamps[index - 1] ?? 0)
    dropped += Math.max(0, Math.round(interval / FRAME_MS) - 1)
  }
  return { frames: stamps.length, framesDropped: dropped }
}
