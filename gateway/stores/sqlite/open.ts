import type { Bus } from '../../contracts/bus'
import type { Figures, Store } from '../../contracts/store'
import type { UserLimits } from '../../contracts/user-limits'
import { SqliteAcks } from './acks'
import { SqliteClockMarks } from './clock-marks'
import { SqliteDevices } from './devices'
import { SqliteDirectory } from './directory'
import { SqliteEngine, type EngineOptions } from './engine'
import { SqliteFeedLog, type Retention } from './feed-log'
import { SqlitePushLedger } from './push-ledger'
import { SqliteSecrets } from './secrets'
import { getRow } from './statements'
import { SqliteSubscriptions } from './subscriptions'

/** The embedded store, with the engine that it stands on. */
export interface OpenedStore extends Store {
  readonly store: SqliteEngine
}

interface StoreOptions extends EngineOptions {
  readonly retention: Retention
  /** Is told of what was committed; nobody, when absent. */
  readonly bus?: Pick<Bus, 'tell'>
  /** The wall clock in ms. */
  readonly now?: () => number
  /** A clock that has to know first what the store knows of time. */
  readonly clockOf?: (known: number | undefined) => () => number
  /** None when absent. */
  readonly limits?: UserLimits
}

const NOBODY: Pick<Bus, 'tell'> = { tell: () => undefined }

/** Opens the embedded store and what stands on it. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const engine = await SqliteEngine.open(options)
  const { bus = NOBODY, limits } = options
  const clock = new SqliteClockMarks(engine)
  const now = options.clockOf?.(await clock.known()) ?? options.now
  const log = new SqliteFeedLog(engine, bus, options.retention, now)
  await log.open('all')
  return {
    ...{ store: engine, log, clock },
    directory: new SqliteDirectory(engine, bus, log, now, limits),
    subscriptions: new SqliteSubscriptions(engine, bus, log, now, limits),
    devices: new SqliteDevices(engine, bus, now, limits),
    acks: new SqliteAcks(engine),
    pushes: new SqlitePushLedger(engine, bus),
    secrets: new SqliteSecrets(engine),
    get writable() {
      return engine.writable
    },
    figures: () => readFigures(engine),
    close: () => engine.close(),
  }
}

/** Counts rows of the small tables; messages are counted by their feeds' heads and never one by one. */
async function readFigures(engine: SqliteEngine): Promise<Figures> {
  const row = await engine.read((db) =>
    getRow<{ users: number; feeds: number; messages: number }>(
      db,
      `SELECT (SELECT count(*) FROM users) AS users, count(*) AS feeds,
         coalesce(sum(head - first + 1), 0) AS messages FROM feeds`,
    ),
  )
  const { users = 0, feeds = 0, messages = 0 } = row ?? {}
  return { users, feeds, messages, storeBytes: engine.sizeBytes, writable: engine.writable }
}
