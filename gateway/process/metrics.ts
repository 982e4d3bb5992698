import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { clockReasons, type ClockDoubt } from '../clock/gateway-clock'
import type { Figures } from '../contracts/store'
import type { DropReason } from './connection-cap'

/** What is read when somebody scrapes, instead of being kept up to date. */
export interface Gauges {
  figures(): Promise<Figures>
  /** Sockets of devices. */
  connections(): number
  /** All connections, and how many there may be; 0 is no limit. */
  open(): { readonly connections: number; readonly most: number }
  /** Why the clock is not believed, if so. */
  doubt(): ClockDoubt | undefined
}

/** What Prometheus scrapes. Labels are few and bounded: no feed, user or token ever becomes one. */
export interface Metrics {
  readonly registry: Registry
  readonly requestDone: (method: string, route: string, status: number, seconds: number) => void
  readonly published: (repeated: boolean) => void
  readonly authenticationFailed: (code: string) => void
  readonly rateLimited: (limit: string) => void
  readonly connectionDropped: (limit: DropReason) => void
}

/** Seconds; the low end is where a publish lives, whose cost is one fsync. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Opens the metrics in a registry of their own, so that two gateways in one process do not collide. */
export function openMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'herald_http_request_seconds',
    help: 'Time from request to answer, by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: BUCKETS_S,
    registers,
  })
  const published = new Counter({
    name: 'herald_publishes_total',
    help: 'Publishes that were answered with a success; repeated ones made no second message.',
    labelNames: ['repeated'] as const,
    registers,
  })
  const failures = new Counter({
    name: 'herald_authentication_failures_total',
    help: 'Requests whose token or sign-in code was refused, by error code.',
    labelNames: ['code'] as const,
    registers,
  })
  const limited = new Counter({
    name: 'herald_rate_limited_total',
    help: 'Requests that were answered rate_limited, by the limit that they met.',
    labelNames: ['limit'] as const,
    registers,
  })
  const dropped = new Counter({
    name: 'herald_connections_dropped_total',
    help: 'Connections that were dropped: as many as may be were open, of all or of one address, or it had broken the protocol too often.',
    labelNames: ['limit'] as const,
    registers,
  })
  openGauges(gauges, registers)
  return {
    registry,
    requestDone: (method, route, status, seconds) => requests.observe({ method, route, status }, seconds),
    published: (repeated) => published.inc({ repeated: String(repeated) }),
    authenticationFailed: (code) => failures.inc({ code }),
    rateLimited: (limit) => limited.inc({ limit }),
    connectionDropped: (limit) => dropped.inc({ limit }),
  }
}

function openGauges(gauges: Gauges, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read())
      },
    })
  }
  gauge('herald_connections', 'Open sockets.', () => gauges.connections())
  gauge(
    'herald_connections_open',
    'Open connections, sockets and requests together.',
    () => gauges.open().connections,
  )
  gauge(
    'herald_connections_limit',
    'Most connections at a time; one more is dropped, or drops the one that is idle for longest. 0 is no limit.',
    () => gauges.open().most,
  )
  gauge('herald_clock_believed', '1 when messages may be dropped for their age.', () =>
    Number(!gauges.doubt()),
  )
  gauge(
    'herald_clock_ahead_seconds',
    'How far the clock of the machine is ahead of the time that the gateway goes by.',
    () => (gauges.doubt()?.by ?? 0) / 1000,
  )
  openReasons(gauges, registers)
  gauge('herald_users', 'Users.', async () => (await gauges.figures()).users)
  gauge('herald_feeds', 'Feeds.', async () => (await gauges.figures()).feeds)
  gauge('herald_messages', 'Messages that the log retains.', async () => (await gauges.figures()).messages)
  gauge(
    'herald_store_bytes',
    'Bytes that the store takes on the disk.',
    async () => (await gauges.figures()).storeBytes,
  )
  gauge('herald_store_writable', '1 when the last write succeeded.', async () =>
    Number((await gauges.figures()).writable),
  )
}

/** A series for each reason, of which one at most is 1: an alert can name what is meant. */
function openReasons(gauges: Gauges, registers: Registry[]): void {
  new Gauge({
    name: 'herald_clock_doubt',
    help: '1 for the reason why the clock is not believed. `new` is usual in the first hour.',
    labelNames: ['reason'] as const,
    registers,
    collect() {
      const doubt = gauges.doubt()
      for (const reason of clockReasons) this.set({ reason }, Number(doubt?.reason === reason))
    },
  })
}
