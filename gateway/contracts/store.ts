import type { Acks } from './acks'
import type { ClockMarks } from './clock-marks'
import type { Cluster } from './cluster'
import type { Devices } from './devices'
import type { Directory } from './directory'
import type { FeedLog } from './feed-log'
import type { Nudges } from './nudges'
import type { PushLedger } from './push-ledger'
import type { Secrets } from './secrets'
import type { Subscriptions } from './subscriptions'

/** How much a store holds. */
export interface Figures {
  readonly users: number
  readonly feeds: number
  /** That the log retains. */
  readonly messages: number
  readonly storeBytes: number
  /** Whether the last write succeeded. */
  readonly writable: boolean
}

/**
 * Everything that the gateway keeps. What a method answers or resolves is on stable storage; the bus is told of it between
 * the two.
 */
export interface Store {
  readonly log: FeedLog
  readonly directory: Directory
  readonly subscriptions: Subscriptions
  readonly devices: Devices
  readonly acks: Acks
  readonly pushes: PushLedger
  readonly nudges: Nudges
  readonly secrets: Secrets
  readonly clock: ClockMarks
  /** What gateways that share the store have beside; absent where one has it alone. */
  readonly cluster?: Cluster
  /** Whether the last write succeeded. */
  readonly writable: boolean
  figures(): Promise<Figures>
  /** Writes what waits, then closes. */
  close(): Promise<void>
}
