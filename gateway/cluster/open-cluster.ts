import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'
import { postgresWire } from '../bus/postgres'
import type { SharedBus } from '../bus/shared'
import type { Cluster, GatewayNote, KnownGateway } from '../contracts/cluster'
import type { Subscriptions } from '../contracts/subscriptions'
import type { Everywhere } from '../presence/everywhere'
import { Membership } from '../process/membership'
import type { SocketEndpoint } from '../ws/endpoint'
import type { Hub } from '../ws/hub'
import { lookUpMissed } from '../ws/missed'

/** This gateway among those that share its store, or alone on one. */
export interface Sharing {
  /** Whether others believe that it lives; false: they may have taken what it had in hand. */
  readonly mayWork: () => boolean
  /** Whether it does what one gateway is enough for. */
  readonly isFirst: () => boolean
  /** All that live; none when this one is alone on its store. */
  readonly gateways: () => readonly KnownGateway[]
  /** Begins: from here on what one gateway does is known to all. To be called before anybody comes in. */
  join(parts: JoinParts): Promise<void>
  /** Ends: nothing of this gateway's is under way any more. */
  leave(): Promise<void>
}

interface JoinParts {
  readonly everywhere: Everywhere | undefined
  readonly hub: Hub
  readonly endpoint: SocketEndpoint
  readonly subscriptions: Subscriptions
}

const ALONE: Sharing = {
  mayWork: () => true,
  isFirst: () => true,
  gateways: () => [],
  join: () => Promise.resolve(),
  leave: () => Promise.resolve(),
}

/**
 * Puts together what several gateways need.
 * @param cluster undefined: the store is of one gateway, as the bus is
 */
export function openSharing(
  cluster: Cluster | undefined,
  bus: SharedBus | undefined,
  note: () => Omit<GatewayNote, 'bus'>,
  logger: Logger,
  registry: Registry,
): Sharing {
  if (!cluster || !bus) return ALONE
  const membership = new Membership({
    ...{ gateways: cluster.gateways, logger },
    note: () => ({ ...note(), bus: bus.isOpen ? 'ok' : 'polling' }),
  })
  openGauges(registry, bus, membership)
  return {
    mayWork: () => membership.isAlive,
    isFirst: () => membership.isFirst,
    gateways: () => membership.gateways,
    async join(parts) {
      listen(parts, { cluster, bus, membership, gateway: note().id, logger })
      await membership.join()
      await bus.start(
        postgresWire(cluster.notifications, (error) => {
          logger.warn({ err: error }, 'the bus is cut: what other gateways do is looked up')
        }),
      )
    },
    async leave() {
      await bus.close()
      await membership.leave()
    },
  }
}

function openGauges(registry: Registry, bus: SharedBus, membership: Membership): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        this.set(read())
      },
    })
  }
  gauge(
    'herald_gateways',
    'Gateways that live on the same store, this one among them.',
    () => membership.gateways.length,
  )
  gauge(
    'herald_bus_connected',
    '1 when this gateway hears the others at once; 0: it looks for what they do.',
    () => Number(bus.isOpen),
  )
  gauge(
    'herald_bus_missed',
    'How often since the start it was looked up what may have been lost between gateways.',
    () => bus.misses,
  )
}

interface Surroundings {
  readonly cluster: Cluster
  readonly bus: SharedBus
  readonly membership: Membership
  readonly gateway: string
  readonly logger: Logger
}

function listen(
  { everywhere, hub, endpoint, subscriptions }: JoinParts,
  { cluster, bus, membership, gateway, logger }: Surroundings,
): void {
  lookUpMissed({
    ...{ bus, gateway, hub, endpoint, subscriptions },
    ...{ missed: cluster.missed, presence: cluster.presence },
    onFault: (error) => {
      logger.warn({ err: error }, 'what other gateways did could not be looked up')
    },
  })
  membership.onRenewed(({ gateways, isNew }) => {
    bus.check(gateways.map(({ id }) => id))
    // Whoever gave this gateway up has given its devices back.
    if (isNew) everywhere?.repeat()
  })
  // A primary that was killed has forgotten where devices are, and one that takes its place never knew.
  cluster.notifications.onLost(() => {
    everywhere?.repeat()
  })
}
