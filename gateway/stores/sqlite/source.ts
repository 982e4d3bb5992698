import type Database from 'libsql'
import type { FeedHead } from '../../contracts/feed-log'

/** What is read from: the file, and what this process knows of it without a look. */
export interface Source {
  readonly db: Database.Database
  /** Heads of all feeds, because every publish and join asks for them. */
  readonly heads: ReadonlyMap<string, FeedHead>
  /** Followers of feeds, as they were asked for, until they change. */
  readonly followers: Map<string, number>
}

/** Each read of a table, from such a source. */
export type Look<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends (...args: infer Args) => infer Result
    ? (source: Source, ...args: Args) => Result
    : never
}
