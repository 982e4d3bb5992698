import type { StoreBus } from '../contracts/bus'
import type { FeedLog } from '../contracts/feed-log'
import type { Acks } from '../contracts/acks'
import type { Store } from '../contracts/store'
import type { UserLimits } from '../contracts/user-limits'
import { StoredClockMarks } from './clock-marks'
import { StoredDevices } from './devices'
import { StoredDirectory } from './directory'
import { StoredNudges } from './nudges'
import type { StoreEngine } from './rows'
import { StoredPushLedger } from './push-ledger'
import { StoredSubscriptions } from './subscriptions'

interface RulesOptions {
  readonly bus: StoreBus
  /** The wall clock in ms. */
  readonly now: (() => number) | undefined
  /** None when undefined. */
  readonly limits: UserLimits | undefined
}

/** The contracts on an engine: what is the same whatever keeps the rows. */
export const openRules = (
  engine: StoreEngine,
  log: FeedLog,
  { bus, now, limits }: RulesOptions,
): Omit<Store, 'writable' | 'figures' | 'close' | 'cluster'> => ({
  log,
  directory: new StoredDirectory(engine, bus, log, now, limits),
  subscriptions: new StoredSubscriptions(engine, bus, now, limits),
  devices: new StoredDevices(engine, bus, now, limits),
  acks: acksOn(engine),
  pushes: new StoredPushLedger(engine),
  nudges: new StoredNudges(engine, bus),
  secrets: { keep: (name, value) => engine.write('keepSecret', { name, value }) },
  clock: new StoredClockMarks(engine),
})

const acksOn = (engine: StoreEngine): Acks => ({
  save: (acks) => engine.write('saveAcks', acks),
  async ackOf(user, device, feed, epoch) {
    const ack = await engine.read('ack', user, device, feed)
    return ack?.epoch === epoch ? ack : undefined
  },
})
