import type { Bus } from '../../contracts/bus'
import type { Store } from '../../contracts/store'
import type { UserLimits } from '../../contracts/user-limits'
import { StoredClockMarks } from '../clock-marks'
import { openRules } from '../rules'
import { PostgresEngine } from './engine'
import type { Retention } from '../feed-rules'
import { PostgresFeedLog } from './feed-log'
import { gatewaysOn } from './gateways'
import { missedOn } from './missed'
import { notificationsOn } from './notifications'
import { KnownHeads } from './known-heads'
import { Primary } from './primary'
import { presenceOn } from './shared-presence'
import { splitHosts } from './targets'

/** Connections of one gateway: one appends, one hears the others, some read, some change. */
const CONNECTIONS = 13

export interface PostgresOptions {
  /** A connection URI, of one or several hosts. */
  readonly uri: string
  readonly retention: Retention
  /** Is told of what was committed; nobody, when absent. */
  readonly bus?: Pick<Bus, 'tell' | 'on'>
  /** The wall clock in ms; the database's, when absent. */
  readonly now?: () => number
  /** A clock that has to know first what the store knows of time, and goes by the database's. */
  readonly clockOf?: (known: number | undefined, wall: () => number) => () => number
  /** The password, when it is not in the URI. */
  readonly password?: () => string
  /** None when absent. */
  readonly limits?: UserLimits
  readonly onFault?: (detail: string) => void
}

const NOBODY: Pick<Bus, 'tell' | 'on'> = { tell: () => undefined, on: () => () => undefined }

/** Opens a store on PostgreSQL, whose tables it makes or brings up to date. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { bus = NOBODY, limits, retention, password, onFault = () => undefined } = options
  const heads = new KnownHeads()
  bus.on('appended', (event) => {
    heads.note(event)
  })
  const primary = new Primary({
    ...{ targets: splitHosts(options.uri), connections: CONNECTIONS, onFault },
    async onFound(pool) {
      const renewed = await heads.renewLost(pool)
      if (renewed === 0) return
      onFault(`the database has lost commits: ${String(renewed)} feeds have a new epoch`)
      bus.tell('renewed', {})
    },
    ...(password && { password }),
  })
  const engine = new PostgresEngine(primary, onFault)
  await engine.prepare()
  const known = options.clockOf && (await new StoredClockMarks(engine).known())
  const now = options.clockOf?.(known, engine.clock.now) ?? options.now ?? engine.clock.now
  const log = new PostgresFeedLog(engine, bus, retention, now)
  await log.open('all')
  return {
    ...openRules(engine, log, { bus, now, limits }),
    cluster: {
      gateways: gatewaysOn(engine),
      presence: presenceOn(engine),
      missed: missedOn(engine),
      notifications: notificationsOn(primary),
    },
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
    close: () => primary.close(),
  }
}
