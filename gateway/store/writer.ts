import Database from 'libsql'
import { parentPort, workerData } from 'node:worker_threads'
import { runCall, type Call } from './commands'
import { migrate } from './schema'

/** How the main thread starts the writer. `maxBytes` 0: no limit but the disk's. */
export interface WriterOptions {
  readonly file: string
  readonly maxBytes: number
}

/** What became of one call. `storage`: the disk refused, and nothing of the batch was kept. */
export type Outcome = { ok: true; result: unknown } | { ok: false; kind: 'storage' | 'fault'; detail: string }

export type WriterRequest = { type: 'batch'; calls: Call[] } | { type: 'close' }
export type WriterReply =
  | { type: 'ready' }
  | { type: 'failed'; detail: string }
  | { type: 'batch'; outcomes: Outcome[] }
  | { type: 'closed' }

/** SQLite's result codes that speak of the disk and not of the statement. */
const STORAGE_CODES = /^SQLITE_(?:FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|BUSY|LOCKED|NOMEM|PERM|AUTH)/

/** Opens the store for writing: every commit is on the disk when it returns (WAL with synchronous=FULL). */
export function openForWriting({ file, maxBytes }: WriterOptions): Database.Database {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('busy_timeout = 2000')
  migrate(db)
  if (maxBytes > 0) {
    const [row] = db.pragma('page_size') as { page_size: number }[]
    db.pragma(`max_page_count = ${String(Math.max(1, Math.floor(maxBytes / (row?.page_size ?? 4096))))}`)
  }
  return db
}

/**
 * Runs calls as one transaction with one fsync. When one of them has a fault of its own, the batch is
 * run again call by call, so that a neighbour's fault costs nobody else the commit.
 */
export function runBatch(db: Database.Database, calls: readonly Call[]): Outcome[] {
  const together = attempt(db, calls)
  if (together.ok) return together.results.map((result) => ({ ok: true, result }))
  if (together.kind === 'storage' || calls.length === 1) {
    return calls.map(() => ({ ok: false, kind: together.kind, detail: together.detail }))
  }
  return calls.flatMap((call) => runBatch(db, [call]))
}

type Attempt = { ok: true; results: unknown[] } | { ok: false; kind: 'storage' | 'fault'; detail: string }

function attempt(db: Database.Database, calls: readonly Call[]): Attempt {
  try {
    db.exec('BEGIN IMMEDIATE')
    const results = calls.map((call) => runCall(db, call))
    db.exec('COMMIT')
    return { ok: true, results }
  } catch (error) {
    rollBack(db)
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const detail = error instanceof Error ? `${code} ${error.message}`.trim() : 'unknown fault'
    return { ok: false, kind: STORAGE_CODES.test(code) ? 'storage' : 'fault', detail }
  }
}

function rollBack(db: Database.Database): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK')
  } catch {
    // SQLite rolls back by itself after SQLITE_FULL and SQLITE_IOERR, and then refuses ours: nothing is open.
  }
}

/** The worker's life: open, answer batches, close on request. */
function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): void {
  const reply = (message: WriterReply): void => {
    port.postMessage(message)
  }
  let db: Database.Database
  try {
    db = openForWriting(options)
  } catch (error) {
    reply({ type: 'failed', detail: error instanceof Error ? error.message : String(error) })
    return
  }
  port.on('message', (request: WriterRequest) => {
    if (request.type === 'batch') {
      reply({ type: 'batch', outcomes: runBatch(db, request.calls) })
      return
    }
    db.close()
    reply({ type: 'closed' })
    port.close()
  })
  reply({ type: 'ready' })
}

if (parentPort) serve(parentPort, workerData as WriterOptions)
