import type { Message, ReadRanges } from '@herald/protocol'

/** Newest ids kept of what was alerted on this device. */
export const MAX_PRESENTED = 2_000

/** Newest ids kept of what was deleted on this device. */
export const MAX_HIDDEN = 5_000

/**
 * One feed on this device: what the gateway says of it, and the one contiguous window `low..cursor` of seqs
 * that is held. An empty window has `low = cursor + 1`.
 */
export interface FeedRecord {
  readonly feed: string
  readonly epoch: string
  readonly from: number
  readonly head: number
  readonly read: ReadRanges
  readonly muted: boolean
  readonly low: number
  readonly cursor: number
}

/**
 * Everything that survives a restart. `rows` come in no order; `hidden` and `presented` oldest first. The ledger of
 * what was presented says what an entry of `presented` is.
 */
export interface StoredInbox {
  feeds: FeedRecord[]
  rows: Message[]
  hidden: string[]
  presented: string[]
}

/**
 * One atomic step. Whatever is dropped is dropped before anything is put, so that one step can renew a feed.
 * Ids in `hidden` and `presented` are added; only the newest MAX_HIDDEN and MAX_PRESENTED are kept.
 */
export interface StorageWrite {
  /** Replaces the records of these feeds. */
  readonly feeds?: readonly FeedRecord[]
  /** Drops records and rows of these feeds. */
  readonly dropFeeds?: readonly string[]
  /** Adds rows, or replaces those at the same feed and seq. A feed of another epoch must be dropped first. */
  readonly rows?: readonly Message[]
  /** Drops a feed's rows whose seq is smaller. */
  readonly dropRowsBelow?: readonly { readonly feed: string; readonly seq: number }[]
  /** Drops rows by id. */
  readonly dropRows?: readonly string[]
  readonly hidden?: readonly string[]
  readonly presented?: readonly string[]
}

/**
 * The inbox on this device. Every method rejects with a StorageError and with nothing else. After `corrupt`,
 * `clear()` makes it usable again: the gateway still has the messages.
 */
export interface InboxStorage {
  load(): Promise<StoredInbox>
  /** Atomic, and applied in the order of the calls. */
  write(change: StorageWrite): Promise<void>
  /** Forgets everything of the user. */
  clear(): Promise<void>
}

/** Small synchronous values: session, settings, device id. Keys are of one namespace, which the implementation puts before them. `set` throws a StorageError when it did not keep. */
export interface KeyValue {
  get<T>(key: string): T | undefined
  set(key: string, value: unknown): void
  remove(key: string): void
}

/** A KeyValue that can also say which keys it holds. */
export interface ListableKeyValue extends KeyValue {
  keys(): readonly string[]
}

/**
 * Why storage failed. `unavailable`: the platform has none, or forbids it (private mode). `blocked`: another tab
 * holds an older schema open, or the browser does not answer. `outdated`: a newer version of the app upgraded the schema. `full`: the quota is
 * used up. `corrupt`: what was read is not what was written. `failed`: anything else.
 */
export type StorageProblem = 'unavailable' | 'blocked' | 'outdated' | 'full' | 'corrupt' | 'failed'

/** The only error that storage throws. The message is for a log and holds no content. */
export class StorageError extends Error {
  readonly problem: StorageProblem

  constructor(problem: StorageProblem, detail: string, options?: ErrorOptions) {
    super(`${problem}: ${detail}`, options)
    this.name = 'StorageError'
    this.problem = problem
  }
}
