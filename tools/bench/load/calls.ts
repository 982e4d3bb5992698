import type { HeraldSubscribers } from './herald-dialect'
import type { HttpTarget } from './publisher'
import type { StreamTarget } from './stream-publishers'

/** What subscribers speak; made into a dialect in the generator's process. */
export type Subscribers =
  | {
      readonly speak: 'plain' | 'nats' | 'mqtt' | 'socket.io'
      readonly prefix: string
      readonly each: boolean
    }
  | ({ readonly speak: 'herald' } & HeraldSubscribers)

export type Publishers =
  ({ readonly speak: 'http' } & HttpTarget) | ({ readonly speak: 'nats' | 'mqtt' } & StreamTarget)

/** One run of the load generator. */
export interface LoadRun {
  readonly subscribers: Subscribers
  readonly publishers: Publishers
  readonly port: number
  readonly sockets: number
  readonly messages: number
  /** Messages that come first and have no latency. */
  readonly warmUp?: number
  readonly bytes: number
  readonly feeds: 'one' | 'each'
  /** Publishes in flight; or publishes a second, one after the other by the clock. */
  readonly pace: { readonly atOnce: number } | { readonly perSecond: number }
  /** After this without everything having arrived the run fails, ms. */
  readonly patienceMs: number
}

/** What the generator saw. */
export interface LoadResult {
  readonly deliveries: number
  /** From the first publish to the last delivery. */
  readonly ms: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the generator's process during `ms`. */
  readonly cpuMs: number
}

/** What the bench's process and the generator's tell each other. */
export type LoadRequest = { type: 'open'; run: LoadRun } | { type: 'start' } | { type: 'close' }
export type LoadReply =
  | { type: 'opened' }
  | { type: 'done'; result: LoadResult }
  | { type: 'closed' }
  | { type: 'failed'; why: string }
