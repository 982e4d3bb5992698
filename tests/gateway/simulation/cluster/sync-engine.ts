import type Database from 'libsql'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FeedHead } from '../../../../gateway/contracts/feed-log'
import { runCall, type Call, type CommandArgs } from '../../../../gateway/stores/sqlite/commands'
import { OpenFeeds } from '../../../../gateway/stores/sqlite/feed-commands'
import { STORE_FILE, type CommitListener, type SqliteEngine } from '../../../../gateway/stores/sqlite/engine'
import { reads } from '../../../../gateway/stores/sqlite/reads'
import { openForWriting } from '../../../../gateway/stores/sqlite/writer'
import { clusterCommands } from './commands'

interface Waiting {
  readonly call: Call
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** What the store's rules and its log use of the embedded engine. */
type UsedEngine = Pick<
  SqliteEngine,
  'reader' | 'heads' | 'writable' | 'read' | 'write' | 'onCommit' | 'close'
>

/** Several logs note what each of them has appended, one after the other: none takes back what another one has noted. */
class Heads extends Map<string, FeedHead> {
  override set(feed: string, head: FeedHead): this {
    const known = this.get(feed)
    const isSame = known?.epoch === head.epoch
    const furthest = (name: 'head' | 'from'): number => Math.max(head[name], isSame ? known[name] : 0)
    return super.set(feed, { ...head, head: furthest('head'), from: furthest('from') })
  }
}

/**
 * The embedded engine with its writer in this thread: calls of one turn are one transaction at the end of that turn. Of
 * another thread nobody knows when it answers, and with three gateways that would make another story each time.
 */
export function openSyncEngine(folder: string): SqliteEngine {
  mkdirSync(folder, { recursive: true })
  const db = openForWriting({ file: join(folder, STORE_FILE), maxBytes: 0 })
  // What is waited for here is a disk that nobody asks about.
  db.pragma('synchronous = OFF')
  const listeners: CommitListener[] = []
  const source = { db, heads: new Heads(), followers: new Map<string, number>() }
  let waiting: Waiting[] = []
  const commit = (): void => {
    if (isClosed) return
    const batch = waiting
    waiting = []
    // What follows and who is new is in memory elsewhere: here it is asked for each time.
    source.followers.clear()
    try {
      const results = runTogether(
        db,
        batch.map(({ call }) => call),
      )
      const committed = batch.map(({ call }, index) => ({ call, result: results[index] }))
      for (const listener of listeners) listener(committed)
      for (const [index, { resolve }] of batch.entries()) resolve(results[index])
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  let isClosed = false
  /** Nobody waits for anything when the world is over. */
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
  const engine: UsedEngine = {
    ...{ reader: db, heads: source.heads, writable: true },
    read: (name, ...args) => {
      const look = reads[name] as (
        from: typeof source,
        ...args: unknown[]
      ) => ReturnType<(typeof reads)[typeof name]>
      if (isClosed) return never()
      return new Promise((resolve) => {
        resolve(look(source, ...args) as never)
      })
    },
    write: (name, args) =>
      new Promise((resolve, reject) => {
        if (isClosed) return
        if (waiting.length === 0) setImmediate(commit)
        const call: Call = { name, args: args }
        waiting.push({ call, resolve: resolve as (result: unknown) => void, reject })
      }),
    onCommit: (listener) => {
      listeners.push(listener)
    },
    close: () => {
      commit()
      isClosed = true
      db.close()
      return Promise.resolve()
    },
  }
  return engine as SqliteEngine
}

/** The commands of several gateways take the place of those of one. */
const ofSeveral: Readonly<Partial<Record<string, (db: Database.Database, args: never) => unknown>>> =
  clusterCommands

/** Runs calls as one transaction, as the writer does. */
function runTogether(db: Database.Database, calls: readonly Call[]): unknown[] {
  const feeds = new OpenFeeds(db)
  const run = (call: Call): unknown => {
    if (call.name === 'append') return feeds.append(call.args as CommandArgs<'append'>)
    feeds.settle()
    const own = ofSeveral[call.name]
    return own ? own(db, call.args as never) : runCall(db, call)
  }
  db.exec('BEGIN IMMEDIATE')
  try {
    const results = calls.map(run)
    feeds.settle()
    db.exec('COMMIT')
    return results
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
