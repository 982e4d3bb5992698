import type { Status } from '@herald/protocol'
import type { FeedLog } from '../feeds/feed-log'
import type { Metrics } from '../metrics'
import type { Directory, Principal, Subscriptions } from '../users/directory'

/** What the HTTP API stands on. main.ts and the tests put it together. */
export interface HttpServices {
  readonly log: FeedLog
  readonly directory: Directory
  readonly subscriptions: Subscriptions
  readonly metrics: Metrics
  /** Throws `token_invalid`, `token_expired` or `token_revoked`. */
  readonly authenticate: (secret: string) => Promise<Principal>
  readonly status: () => Status
  /** Whether the store takes writes now. */
  readonly writable: () => boolean
  /** Whether the gateway was told to stop. */
  readonly closing: () => boolean
}
