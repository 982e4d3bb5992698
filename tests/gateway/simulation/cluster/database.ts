import type Libsql from 'libsql'
import type { Cluster, Missed, Notifications, Renewal } from '../../../../gateway/contracts/cluster'
import type { FeedHead } from '../../../../gateway/contracts/feed-log'
import type { Bus } from '../../../../gateway/contracts/bus'
import { StoredClockMarks } from '../../../../gateway/stores/clock-marks'
import type { Retention } from '../../../../gateway/stores/feed-rules'
import { openRules } from '../../../../gateway/stores/rules'
import { runCall, type Call, type CommandArgs } from '../../../../gateway/stores/sqlite/commands'
import { SqliteEngine } from '../../../../gateway/stores/sqlite/engine'
import { SqliteFeedLog } from '../../../../gateway/stores/sqlite/feed-log'
import type { OpenedStore } from '../../../../gateway/stores/sqlite/open'
import { getRow } from '../../../../gateway/stores/sqlite/statements'
import { writerOf } from '../writer-in-turn'
import { clusterCommands } from './commands'
import { SharedPlaces } from './shared-places'

/** A transaction that began before the time that is asked for may have ended in it, ms: as stores/postgres/missed.ts. */
const LONGEST_TRANSACTION_MS = 10_000

/** The commands of several gateways take the place of those of one. */
const ofSeveral: Readonly<Partial<Record<string, (db: Libsql.Database, args: never) => unknown>>> =
  clusterCommands

const writer = writerOf((db, call) => {
  const own = ofSeveral[call.name]
  return own ? own(db, call.args as never) : runCall(db, call)
})

/** Several logs note what each of them has appended, one after the other: none takes back what another one has noted. */
class Heads extends Map<string, FeedHead> {
  override set(feed: string, head: FeedHead): this {
    const known = this.get(feed)
    const isSame = known?.epoch === head.epoch
    const furthest = (name: 'head' | 'from'): number => Math.max(head[name], isSame ? known[name] : 0)
    return super.set(feed, { ...head, head: furthest('head'), from: furthest('from') })
  }
}

/** Nobody waits for anything when the world is over. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/** How the database knows one gateway. */
export interface Client {
  /** Puts its work into its own context. */
  readonly run: <Result>(work: () => Result) => Result
  /** Its process was killed: nothing of it comes any more. */
  readonly isDead: () => boolean
  readonly notifications: Notifications
}

/**
 * Stands for the PostgreSQL that the gateways of a world share: the tables of the embedded store with one writer for all of
 * them, so every command is a transaction that none other overlaps, and its own clock, by which all of them go. What
 * PostgreSQL has in other tables (gateways, claims of devices) is in commands.ts; where devices are is in memory here, as it
 * is in a table without a log there.
 */
export class Database {
  readonly #engine: SqliteEngine
  readonly #now: () => number
  readonly #places: SharedPlaces
  /** When users last followed, left or read something, ms. */
  readonly #changes = new Map<string, number>()
  #isOver = false

  private constructor(engine: SqliteEngine, now: () => number) {
    this.#engine = engine
    this.#now = now
    this.#places = new SharedPlaces(now)
    engine.onCommit((committed) => {
      for (const { call, result } of committed) {
        this.#noteChange(call)
        this.#noteHeads(call, result)
      }
    })
  }

  /** @param now the database's clock, ms */
  static async open(folder: string, now: () => number): Promise<Database> {
    const engine = Object.assign(await SqliteEngine.open({ folder, writer }), { heads: new Heads() })
    const database = new Database(engine, now)
    await command(engine, 'openCluster', undefined)
    return database
  }

  get engine(): SqliteEngine {
    return this.#engine
  }

  readonly wall = (): number => this.#now()

  /** The store as one gateway has it. */
  async connect(options: ConnectOptions): Promise<OpenedStore> {
    const { bus, client, retention } = options
    const engine = connectionTo(this.#engine, client, () => this.#isOver)
    const known = await new StoredClockMarks(engine).known()
    const now = options.clockOf(known, this.wall)
    const log = new SqliteFeedLog(engine, bus, retention, now)
    await log.open('all')
    return {
      ...openRules(engine, log, { bus, now, limits: undefined }),
      store: engine,
      cluster: this.#clusterOf(engine, client),
      get writable() {
        return engine.writable
      },
      async figures() {
        return { ...(await engine.read('counts')), storeBytes: 0, writable: engine.writable }
      },
      close: () => Promise.resolve(),
    }
  }

  /** Resolves when all is on the disk that was asked for before, by whomever. */
  async settle(): Promise<void> {
    await command(this.#engine, 'openCluster', undefined)
  }

  close(): Promise<void> {
    this.#isOver = true
    return this.#engine.close()
  }

  #clusterOf(engine: SqliteEngine, { isDead, notifications }: Client): Cluster {
    const places = this.#places
    const ask = <Result>(look: () => Result): Promise<Result> =>
      isDead() ? new Promise(() => undefined) : Promise.resolve(look())
    return {
      gateways: {
        renew: async (note, mayEnd) => {
          const renewal = await command<Renewal>(engine, 'renewGateway', { note, mayEnd, now: this.#now() })
          for (const id of renewal.ended) places.end(id)
          return renewal
        },
        leave: async (id) => {
          await command(engine, 'leaveGateway', id)
          places.end(id)
        },
      },
      presence: {
        enter: (gateway, socket, state) => ask(() => places.enter(gateway, socket, state)),
        save: (gateway, leases) =>
          ask(() => {
            places.save(gateway, leases)
          }),
        of: (users) => ask(() => users.flatMap((user) => places.of(user))),
        elsewhere: (gateway, devices) => ask(() => places.elsewhere(gateway, devices)),
        sweep: () => Promise.resolve(),
      },
      missed: this.#missed(),
      notifications,
    }
  }

  #missed(): Missed {
    const { reader, heads } = this.#engine
    const has = (sql: string, ...values: unknown[]): boolean => getRow(reader, sql, ...values) !== undefined
    return {
      heads: (feeds) => Promise.resolve(feeds.flatMap((feed) => heads.get(feed) ?? [])),
      changed: (users, withinMs) => {
        const since = this.#now() - withinMs - LONGEST_TRANSACTION_MS
        return Promise.resolve(users.filter((user) => (this.#changes.get(user) ?? -Infinity) > since))
      },
      pushed: (devices, withinMs) => {
        const since = this.#now() - withinMs - LONGEST_TRANSACTION_MS
        return Promise.resolve(
          devices.filter(({ user, device }) =>
            has(
              'SELECT 1 FROM pushes WHERE user = ? AND device = ? AND accepted > ? AND acked IS NULL',
              ...[user, device, since],
            ),
          ),
        )
      },
      ended: ({ tokens, users, devices }) =>
        Promise.resolve({
          tokens: tokens.filter((id) => has('SELECT 1 FROM tokens WHERE id = ? AND revoked IS NOT NULL', id)),
          users: users.filter((id) => !has('SELECT 1 FROM users WHERE id = ? AND disabled IS NULL', id)),
          devices: devices.flatMap(({ user, device }) => {
            const row = getRow<{ at: number }>(
              reader,
              'SELECT ended AS at FROM devices WHERE user = ? AND id = ? AND ended IS NOT NULL',
              ...[user, device],
            )
            return row ? [{ user, device, at: row.at }] : []
          }),
        }),
    }
  }

  /** PostgreSQL is asked for heads each time; here they are in memory, also when whoever changed them did not live to say so. */
  #noteHeads({ name, args }: Call, result: unknown): void {
    const { heads } = this.#engine
    if (name === 'trimFeed' && result) {
      const head = result as FeedHead
      heads.set(head.feed, head)
    }
    if (name !== 'renewEpochs') return
    for (const [feed, epoch] of Object.entries(args as CommandArgs<'renewEpochs'>)) {
      const head = heads.get(feed)
      if (head) heads.set(feed, { ...head, epoch })
    }
  }

  #noteChange({ name, args }: Call): void {
    if (name !== 'markRead' && name !== 'follow' && name !== 'unfollow') return
    const { user } = args as CommandArgs<'markRead' | 'follow' | 'unfollow'>
    this.#changes.set(user, this.#now())
  }
}

/** Commands that only several gateways have: the writer knows them, and the engine's types do not. */
function command<Result>(engine: SqliteEngine, name: string, args: unknown): Promise<Result> {
  const write = engine.write.bind(engine) as unknown as (name: string, args: unknown) => Promise<Result>
  return write(name, args)
}

interface ConnectOptions {
  readonly bus: Bus
  readonly client: Client
  readonly retention: Retention
  readonly clockOf: (known: number | undefined, wall: () => number) => () => number
}

/** The engine as one gateway has it: its writes may be taken in hand, and what is committed is told in its own context. */
function connectionTo(engine: SqliteEngine, { run }: Client, isOver: () => boolean): SqliteEngine {
  const write = engine.write.bind(engine) as (...words: unknown[]) => unknown
  const read = engine.read.bind(engine) as (...words: unknown[]) => unknown
  const own: Partial<Record<string | symbol, unknown>> = {
    write: (...words: unknown[]) => (isOver() ? never() : write(...words)),
    read: (...words: unknown[]) => (isOver() ? never() : read(...words)),
    onCommit: (listener: Parameters<SqliteEngine['onCommit']>[0]) => {
      engine.onCommit((committed) => {
        run(() => {
          listener(committed)
        })
      })
    },
    // A gateway that cannot start closes what it has; the others go on.
    close: () => Promise.resolve(),
  }
  return new Proxy(engine, {
    get: (target, name): unknown => own[name] ?? Reflect.get(target, name, target),
    set: (_target, name, value: unknown) => {
      own[name] = value
      return true
    },
  })
}
