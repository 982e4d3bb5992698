import type { Content, Message, Published } from '@herald/protocol'

/** One life of a feed's log. Retained are the seqs `from..head`; an empty log has `from = head + 1`. */
export interface FeedHead {
  readonly feed: string
  readonly epoch: string
  readonly from: number
  readonly head: number
}

/** Makes a publish safe to repeat. `scope` keeps the keys of different publishers apart. */
export interface IdempotencyKey {
  readonly scope: string
  readonly key: string
  /** Hash of what is published; the same key with another fingerprint is a conflict. */
  readonly fingerprint: string
}

export interface Appended extends Omit<Published, 'followers'> {
  /** True when the key was known: this is the first answer again, and no second message. */
  readonly repeated: boolean
}

/** A page is read after one seq or before one, never both; answers are in seq order. */
export type PageRequest =
  { readonly after: number; readonly limit: number } | { readonly before: number; readonly limit: number }

/** A page as the log keeps it: who only passes messages on need neither parse them nor make JSON of them again. */
export interface JsonPage {
  /** Seqs of the page's ends; there is none missing between them. */
  readonly first: number
  readonly last: number
  /** The messages as they stand in a JSON array, without its brackets. */
  readonly json: string
}

/**
 * An append-only log of messages for each feed: contiguous seqs from 1, durable before it answers.
 * Everything that fails because the store does throws HeraldError `storage_unavailable`.
 */
export interface FeedLog {
  /**
   * Resolves when the message is on stable storage. Creates the feed at its first message. In the same step it notes
   * that the devices of the feed's followers are to be looked at (`PushLedger.claimSweep`), if there is one to ring. Then
   * tells `appended` and `work`.
   */
  append(feed: string, content: Content, key?: IdempotencyKey): Promise<Appended>
  /** Messages after (oldest first page) or before (newest page below) a seq, in seq order. */
  read(feed: string, page: PageRequest): Promise<readonly Message[]>
  /** The same page in the form in which it is passed on; undefined when it is empty. */
  readJson(feed: string, page: PageRequest): Promise<JsonPage | undefined>
  /** Undefined for a feed that was never written nor opened. */
  head(feed: string): Promise<FeedHead | undefined>
  /** Gives the feed an epoch without a message, so that it can be followed. */
  open(feed: string): Promise<FeedHead>
  find(id: string): Promise<Message | undefined>
  /** Topics that hold messages, the most recently used first. */
  topics(limit: number): Promise<readonly { feed: string; messages: number; lastTime: number }[]>
  /**
   * Drops what retention no longer keeps, and tells `trimmed`; returns how many messages went.
   * @param now ms; undefined: the clock is not believed, so nothing goes for its age.
   */
  trim(now: number | undefined): Promise<number>
  /** A new epoch for every feed, after the store was restored from a copy. Tells `renewed`. */
  renewEpochs(): Promise<void>
}
