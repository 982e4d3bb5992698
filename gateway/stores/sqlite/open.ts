import { DeviceDirectory } from './devices'
import { SqliteFeedLog, type Retention } from './feed-log'
import { SqliteDirectory } from './directory'
import { SqliteSubscriptions } from './subscriptions'
import type { UserLimits } from '../../contracts/user-limits'
import { Store, type StoreOptions } from './engine'

/** Everything that the embedded store holds, opened together. */
export interface OpenedStore {
  readonly store: Store
  readonly log: SqliteFeedLog
  readonly directory: SqliteDirectory
  readonly subscriptions: SqliteSubscriptions
  readonly devices: DeviceDirectory
}

/** Opens the embedded store and what stands on it. `now` is the wall clock in ms. */
export async function openStore(
  options: StoreOptions & {
    retention: Retention
    now?: () => number
    /** A clock that has to be asked of the store first. */
    clockOf?: (store: Store) => () => number
    /** None when absent. */
    limits?: UserLimits
  },
): Promise<OpenedStore> {
  const store = await Store.open(options)
  const now = options.clockOf?.(store) ?? options.now
  const log = new SqliteFeedLog(store, options.retention, now)
  await log.open('all')
  return {
    store,
    log,
    directory: new SqliteDirectory(store, log, now, options.limits),
    subscriptions: new SqliteSubscriptions(store, log, now, options.limits),
    devices: new DeviceDirectory(store, now, options.limits),
  }
}
