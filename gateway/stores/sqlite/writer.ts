import Database from 'libsql'
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import {
  decodeCalls,
  encodeOutcomes,
  type CallsOnWire,
  type Outcome,
  type OutcomesOnWire,
} from './batch-wire'
import { runCall, type Call, type CommandArgs } from './commands'
import { OpenFeeds } from './feed-commands'
import { migrate } from './schema'

/** How the main thread starts the writer. `maxBytes` 0: no limit but the disk's. */
export interface WriterOptions {
  readonly file: string
  readonly maxBytes: number
}

export type WriterRequest =
  /** `more`: further calls of the same turn are about to follow, and belong into the same transaction. */
  { readonly type: 'calls'; readonly calls: CallsOnWire; readonly more: boolean } | { readonly type: 'close' }
export type WriterReply =
  | { type: 'ready' }
  | { type: 'failed'; detail: string }
  /** Of one transaction, in the order of its calls. */
  | { type: 'batch'; outcomes: OutcomesOnWire }
  | { type: 'closed' }

/** Calls of one transaction; those of the turn that reached it still belong to it. */
export const MAX_BATCH = 512

/** SQLite's result codes that speak of the disk and not of the statement. */
const STORAGE_CODES = /^SQLITE_(?:FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|BUSY|LOCKED|NOMEM|PERM|AUTH)/

/** Opens the store for writing: every commit is on the disk when it returns (WAL with synchronous=FULL). */
export function openForWriting({ file, maxBytes }: WriterOptions): Database.Database {
  const db = new Database(file)
  // First: who had the file before may still be putting its log back, and WAL needs a lock.
  db.pragma('busy_timeout = 2000')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  migrate(db)
  if (maxBytes > 0) {
    const [row] = db.pragma('page_size') as { page_size: number }[]
    db.pragma(`max_page_count = ${String(Math.max(1, Math.floor(maxBytes / (row?.page_size ?? 4096))))}`)
  }
  return db
}

/** What does a call but an append, within the transaction that is open. */
export type RunCall = (db: Database.Database, call: Call) => unknown

type Failure = Extract<Outcome, { ok: false }>

/**
 * One transaction with one fsync, which takes calls until it is ended. When one of them has a fault of its own, the
 * batch is run again call by call, so that a neighbour's fault costs nobody else the commit.
 */
class Batch {
  readonly #db: Database.Database
  readonly #runCall: RunCall
  readonly #feeds: OpenFeeds
  readonly #results: unknown[] = []
  #failure: Failure | undefined
  readonly calls: Call[] = []

  constructor(db: Database.Database, run: RunCall) {
    this.#db = db
    this.#runCall = run
    this.#feeds = new OpenFeeds(db)
  }

  /** Runs calls at once: while they come from the other thread, this one already works. */
  take(calls: readonly Call[]): void {
    for (const call of calls) this.calls.push(call)
    this.#attempt(() => {
      if (!this.#db.inTransaction) this.#db.exec('BEGIN IMMEDIATE')
      for (const call of calls) this.#results.push(this.#run(call))
    })
  }

  #run(call: Call): unknown {
    if (call.name === 'append') return this.#feeds.append(call.args as CommandArgs<'append'>)
    // Whatever else looks at feeds sees them as the appends before it left them.
    this.#feeds.settle()
    return this.#runCall(this.#db, call)
  }

  /** Commits, and says what became of each call. */
  end(): Outcome[] {
    if (this.calls.length === 0) return []
    this.#attempt(() => {
      this.#feeds.settle()
      this.#db.exec('COMMIT')
    })
    const failure = this.#failure
    if (!failure) return this.#results.map((result) => ({ ok: true, result }))
    if (failure.kind === 'storage' || this.calls.length === 1) return this.calls.map(() => failure)
    return this.calls.flatMap((call) => runBatch(this.#db, [call], this.#runCall))
  }

  #attempt(step: () => void): void {
    if (this.#failure) return
    try {
      step()
    } catch (error) {
      rollBack(this.#db)
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      const detail = error instanceof Error ? `${code} ${error.message}`.trim() : 'unknown fault'
      this.#failure = { ok: false, kind: STORAGE_CODES.test(code) ? 'storage' : 'fault', detail }
    }
  }
}

/** Runs calls as one transaction. */
export function runBatch(db: Database.Database, calls: readonly Call[], run: RunCall = runCall): Outcome[] {
  const batch = new Batch(db, run)
  batch.take(calls)
  return batch.end()
}

function rollBack(db: Database.Database): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK')
  } catch {
    // SQLite rolls back by itself after SQLITE_FULL and SQLITE_IOERR, and then refuses ours: nothing is open.
  }
}

/** What the writer is asked and answers through. */
export interface WriterPort {
  reply(message: WriterReply): void
  /** A request that has come already, besides the one that is being answered. */
  next(): WriterRequest | undefined
  close(): void
}

/**
 * The writer's life: opens, and answers by what is returned, until it is asked to close. Undefined: it could not open.
 * @param run for a store that has commands of its own
 */
export function startWriter(
  port: WriterPort,
  options: WriterOptions,
  run: RunCall = runCall,
): ((request: WriterRequest) => void) | undefined {
  let db: Database.Database
  try {
    db = openForWriting(options)
  } catch (error) {
    port.reply({ type: 'failed', detail: error instanceof Error ? error.message : String(error) })
    return undefined
  }
  let batch = new Batch(db, run)
  const commit = (): void => {
    const { calls } = batch
    const outcomes = batch.end()
    batch = new Batch(db, run)
    if (calls.length > 0) port.reply({ type: 'batch', outcomes: encodeOutcomes(calls, outcomes) })
  }
  const take = (request: WriterRequest): void => {
    if (request.type === 'calls') {
      batch.take(decodeCalls(request.calls))
      if (request.more) return
      // What came while the last commit ran goes into this one.
      const next = batch.calls.length < MAX_BATCH ? port.next() : undefined
      if (next) take(next)
      else commit()
      return
    }
    commit()
    db.close()
    port.reply({ type: 'closed' })
    port.close()
  }
  port.reply({ type: 'ready' })
  return take
}

function serve(port: MessagePort, options: WriterOptions): void {
  const take = startWriter(
    {
      reply: (message) => {
        port.postMessage(message)
      },
      next: () => receiveMessageOnPort(port)?.message as WriterRequest | undefined,
      close: () => {
        port.close()
      },
    },
    options,
  )
  if (take) port.on('message', take)
}

if (parentPort) serve(parentPort, workerData as WriterOptions)
