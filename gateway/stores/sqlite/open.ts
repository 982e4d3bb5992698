import type { Bus } from '../../contracts/bus'
import type { Store } from '../../contracts/store'
import type { UserLimits } from '../../contracts/user-limits'
import { openRules } from '../rules'
import { StoredClockMarks } from '../clock-marks'
import { SqliteEngine, type EngineOptions } from './engine'
import type { Retention } from '../feed-rules'
import { SqliteFeedLog } from './feed-log'

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
  readonly clockOf?: (known: number | undefined, wall?: () => number) => () => number
  /** None when absent. */
  readonly limits?: UserLimits
}

const NOBODY: Pick<Bus, 'tell'> = { tell: () => undefined }

/** Opens the embedded store and what stands on it. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const engine = await SqliteEngine.open(options)
  const { bus = NOBODY, limits } = options
  const known = options.clockOf && (await new StoredClockMarks(engine).known())
  const now = options.clockOf?.(known) ?? options.now
  const log = new SqliteFeedLog(engine, bus, options.retention, now)
  await log.open('all')
  return {
    ...openRules(engine, log, { bus, now, limits }),
    store: engine,
    get writable() {
      return engine.writable
    },
    async figures() {
      return { ...(await engine.read('counts')), storeBytes: engine.sizeBytes, writable: engine.writable }
    },
    close: () => engine.close(),
  }
}
