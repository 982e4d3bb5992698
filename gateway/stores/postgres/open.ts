import type { Bus } from '../../contracts/bus'
import type { Store } from '../../contracts/store'
import type { UserLimits } from '../../contracts/user-limits'
import { openRules } from '../rules'
import { PostgresEngine } from './engine'
import { PostgresFeedLog, type Retention } from './feed-log'
import { splitHosts } from './targets'

/** Connections of one gateway: one appends, some read, some change. */
const CONNECTIONS = 12

export interface PostgresOptions {
  /** A connection URI, of one or several hosts. */
  readonly uri: string
  readonly retention: Retention
  /** Is told of what was committed; nobody, when absent. */
  readonly bus?: Pick<Bus, 'tell'>
  /** The wall clock in ms. */
  readonly now?: () => number
  /** None when absent. */
  readonly limits?: UserLimits
  readonly onFault?: (detail: string) => void
}

const NOBODY: Pick<Bus, 'tell'> = { tell: () => undefined }

/** Opens a store on PostgreSQL, whose tables it makes or brings up to date. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { bus = NOBODY, now, limits, retention, onFault = () => undefined } = options
  const engine = new PostgresEngine({
    ...{ targets: splitHosts(options.uri), connections: CONNECTIONS, onFault },
  })
  await engine.prepare()
  const log = new PostgresFeedLog(engine, bus, retention, now)
  await log.open('all')
  return {
    ...openRules(engine, log, { bus, now, limits }),
    get writable() {
      return engine.writable
    },
    async figures() {
      const counts = await engine.read('counts')
      const size = await engine.ask((sql) =>
        sql.row<{ bytes: number }>('SELECT pg_database_size(current_database()) AS bytes'),
      )
      return { ...counts, storeBytes: size?.bytes ?? 0, writable: engine.writable }
    },
    close: () => engine.close(),
  }
}
