import { HeraldError } from '@herald/protocol'
import Database from 'libsql'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Call, CommandArgs, CommandName, CommandResult } from './commands'
import type { FeedHead } from '../../contracts/feed-log'
import type { Reads, StoreEngine } from '../rows'
import { reads } from './reads'
import type { Source } from './source'
import { decodeOutcomes, encodeCalls, type Outcome } from './batch-wire'
import type { WriterOptions, WriterReply, WriterRequest } from './writer'

/** The store's file in its folder. */
export const STORE_FILE = 'herald.db'

/** Its name when everything in it is in a database now. */
export const MOVED_FILE = `${STORE_FILE}.moved`

/** Calls of one turn of the event loop that go to the writer together: it begins while the turn goes on. */
const CHUNK = 64

/** Chunks of one turn that may share a transaction. */
const MAX_TURN = 512

/** Calls that may wait for the disk before new ones are refused. */
const MAX_WAITING = 20_000

interface Waiting {
  readonly call: Call
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** The thread that writes, as far as the store knows it. */
export interface WriterThread {
  on(event: 'message', listener: (reply: WriterReply) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'message', listener: (reply: WriterReply) => void): unknown
  once(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  postMessage(request: WriterRequest): void
  terminate(): Promise<unknown>
}

/** The bundled writer.js, for a thread of its own; or what writes in some other way. */
export type WriterSource = URL | ((options: WriterOptions) => WriterThread)

export interface EngineOptions {
  /** Folder of the store; made when missing. */
  readonly folder: string
  readonly writer: WriterSource
  /** Largest size of the store's file in bytes; 0 is no limit. */
  readonly maxBytes?: number
  readonly onFault?: (detail: string) => void
}

/** Told of every call that was committed, batch by batch, before its caller is answered. */
export type CommitListener = (committed: readonly { call: Call; result: unknown }[]) => void

/**
 * The embedded store. Writes go to one worker thread, which commits what has gathered while the last fsync ran
 * (group commit), so the thread that serves sockets never waits for a disk. Reads are indexed and run here, on a
 * read-only connection that WAL lets read beside the writer.
 */
export class SqliteEngine implements StoreEngine {
  readonly reader: Database.Database
  /** The log's, which keeps them. */
  readonly heads = new Map<string, FeedHead>()
  /** Followers of feeds, as they were asked for, until they change. */
  readonly #followers = new Map<string, number>()
  readonly #worker: WriterThread
  readonly #onFault: (detail: string) => void
  readonly #file: string
  readonly #listeners: CommitListener[] = []
  /** Calls of this turn that the writer has not been given. */
  #gathered: Waiting[] = []
  /** Calls of this turn that it has, in a transaction that waits for more. */
  #begun = 0
  /** What the writer has not answered, in order. */
  #sent: Waiting[] = []
  #writable = true
  #closed: { resolve: () => void } | undefined

  private constructor(worker: WriterThread, file: string, onFault: (detail: string) => void) {
    this.#worker = worker
    this.#file = file
    this.#onFault = onFault
    this.reader = new Database(file)
    // libsql takes `readonly: true` and writes all the same; this pragma is what it obeys.
    this.reader.pragma('query_only = ON')
    worker.on('message', (reply: WriterReply) => {
      this.#onReply(reply)
    })
    worker.on('error', (error) => {
      this.#fail(`the writer stopped: ${error.message}`)
    })
  }

  /** Opens or makes the store. Throws when its folder or file cannot be used. */
  static async open(options: EngineOptions): Promise<SqliteEngine> {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    const file = join(options.folder, STORE_FILE)
    requireNotMoved(options.folder)
    const workerData: WriterOptions = { file, maxBytes: options.maxBytes ?? 0 }
    const { writer } = options
    const worker =
      writer instanceof URL ? new Worker(writer, { workerData, name: 'herald-writer' }) : writer(workerData)
    await started(worker, file)
    return new SqliteEngine(worker, file, options.onFault ?? (() => undefined))
  }

  /** Whether the last batch could be written. */
  get writable(): boolean {
    return this.#writable
  }

  /** Bytes on disk, the write-ahead log included. */
  get sizeBytes(): number {
    return ['', '-wal'].reduce(
      (sum, suffix) => sum + (statSync(this.#file + suffix, { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  }

  /** Reads on the read-only connection, here and at once. A promise, as a store on another machine would give. */
  read<Name extends keyof Reads>(
    name: Name,
    ...args: Parameters<Reads[Name]>
  ): Promise<ReturnType<Reads[Name]>> {
    const look = reads[name] as (source: Source, ...args: Parameters<Reads[Name]>) => ReturnType<Reads[Name]>
    const source = { db: this.reader, heads: this.heads, followers: this.#followers }
    return new Promise((resolve) => {
      resolve(look(source, ...args))
    })
  }

  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener)
  }

  /**
   * Runs a command; resolves when it is on stable storage.
   * Throws `storage_unavailable` when the disk refuses, and then nothing was changed.
   */
  write<Name extends CommandName>(name: Name, args: CommandArgs<Name>): Promise<CommandResult<Name>> {
    if (this.#closed) return Promise.reject(new HeraldError('shutting_down'))
    if (this.#sent.length + this.#gathered.length >= MAX_WAITING)
      return Promise.reject(new HeraldError('storage_unavailable', 'too many writes wait for the disk'))
    return new Promise((resolve, reject) => {
      if (this.#gathered.length + this.#begun === 0)
        setImmediate(() => {
          this.#endTurn()
        })
      this.#gathered.push({ call: { name, args }, resolve: resolve as (result: unknown) => void, reject })
      if (this.#gathered.length >= CHUNK) this.#sendGathered(this.#begun + CHUNK < MAX_TURN)
    })
  }

  /** Writes what waits, then closes. */
  async close(): Promise<void> {
    if (this.#closed) return
    await new Promise<void>((resolve) => {
      this.#closed = { resolve }
      this.#endTurn()
      this.#send({ type: 'close' })
    })
    this.reader.close()
    await this.#worker.terminate()
  }

  #endTurn(): void {
    if (this.#gathered.length + this.#begun > 0) this.#sendGathered(false)
  }

  #sendGathered(more: boolean): void {
    const gathered = this.#gathered
    this.#gathered = []
    this.#begun = more ? this.#begun + gathered.length : 0
    for (const waiting of gathered) this.#sent.push(waiting)
    this.#send({ type: 'calls', calls: encodeCalls(gathered.map(({ call }) => call)), more })
  }

  #send(request: WriterRequest): void {
    this.#worker.postMessage(request)
  }

  #onReply(reply: WriterReply): void {
    if (reply.type === 'closed') this.#closed?.resolve()
    if (reply.type !== 'batch') return
    const outcomes = decodeOutcomes(reply.outcomes)
    this.#settle(this.#sent.splice(0, outcomes.length), outcomes)
  }

  #settle(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
    const committed: { call: Call; result: unknown }[] = []
    batch.forEach(({ call }, index) => {
      const outcome = outcomes[index]
      if (outcome?.ok) committed.push({ call, result: outcome.result })
    })
    this.#noteHealth(outcomes)
    for (const { call } of committed) this.#noteFollowers(call)
    if (committed.length > 0) for (const listener of this.#listeners) listener(committed)
    batch.forEach(({ resolve, reject }, index) => {
      const outcome = outcomes[index]
      if (outcome?.ok) resolve(outcome.result)
      else reject(new HeraldError(outcome?.kind === 'storage' ? 'storage_unavailable' : 'internal'))
    })
  }

  #noteFollowers({ name, args }: Call): void {
    if (name === 'follow' || name === 'unfollow')
      this.#followers.delete((args as CommandArgs<'follow' | 'unfollow'>).feed)
    else if (name === 'createUser' || name === 'removeUser' || name === 'drainRemoved')
      this.#followers.clear()
  }

  #noteHealth(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.ok) continue
      this.#onFault(outcome.detail)
      break
    }
    this.#writable = !outcomes.some((outcome) => !outcome.ok && outcome.kind === 'storage')
  }

  #fail(detail: string): void {
    this.#onFault(detail)
    this.#writable = false
    for (const { reject } of [...this.#sent, ...this.#gathered])
      reject(new HeraldError('storage_unavailable'))
    this.#sent = []
    this.#gathered = []
    this.#begun = 0
    this.#closed?.resolve()
  }
}

/** A new store in place of one that was moved would look as if everything were lost. */
function requireNotMoved(folder: string): void {
  if (existsSync(join(folder, STORE_FILE)) || !existsSync(join(folder, MOVED_FILE))) return
  throw new Error(
    `the store of ${folder} was moved to a database; name it with HERALD_STORE, or bring it back with  herald store move`,
  )
}

/** Resolves when the worker has opened the file. */
async function started(worker: WriterThread, file: string): Promise<void> {
  const reply = await new Promise<WriterReply>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: WriterReply) => {
      worker.off('error', reject)
      resolve(message)
    })
  })
  if (reply.type !== 'ready') {
    throw new Error(
      reply.type === 'failed' ? `cannot open ${file}: ${reply.detail}` : 'the writer did not start',
    )
  }
}
