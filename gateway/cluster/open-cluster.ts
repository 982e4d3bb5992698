import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'
import { postgresWire } from '../bus/postgres'
import type { SharedBus } from '../bus/shared'
import type { OpenWire } from '../bus/wire'
import type { Cluster, GatewayNote, KnownGateway } from '../contracts/cluster'
import type { PushLedger } from '../contracts/push-ledger'
import type { Secrets } from '../contracts/secrets'
import type { Store } from '../contracts/store'
import type { Subscriptions } from '../contracts/subscriptions'
import type { Everywhere } from '../presence/everywhere'
import type { BusSettings } from '../process/bus-settings'
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
  /** All that live; undefined when this one is alone on its store. */
  readonly gateways: () => readonly KnownGateway[] | undefined
  /** Whether it hears them at once; undefined when there are none. */
  readonly bus: () => GatewayNote['bus'] | undefined
  /** Begins: from here on what one gateway does is known to all. To be called before anybody comes in. */
  join(parts: JoinParts): Promise<void>
  /** Says at once what it is, and not when it would next: something of it has changed. */
  say(): Promise<void>
  /** Ends: nothing of this gateway's is under way any more. */
  leave(): Promise<void>
}

interface JoinParts {
  readonly everywhere: Everywhere | undefined
  readonly hub: Hub
  readonly endpoint: Pick<SocketEndpoint, 'live' | 'renew' | 'end'>
  readonly subscriptions: Subscriptions
  readonly pushes: Pick<PushLedger, 'pushedTo'>
}

const ALONE: Sharing = {
  mayWork: () => true,
  isFirst: () => true,
  ...{ gateways: () => undefined, bus: () => undefined },
  join: () => Promise.resolve(),
  say: () => Promise.resolve(),
  leave: () => Promise.resolve(),
}

/** The store's side of it; `cluster` is absent where one gateway has the store alone. */
type Shareable = Pick<Store, 'cluster' | 'secrets'>

export interface SharingOptions {
  /** Undefined where the store is of one gateway. */
  readonly bus: SharedBus | undefined
  /** What carries its texts; undefined: the store's own way. */
  readonly wire: BusSettings | undefined
  readonly note: () => Omit<GatewayNote, 'bus'>
  readonly logger: Logger
  readonly metrics: { readonly registry: Registry }
}

/** Puts together what several gateways need. */
export function openSharing({ cluster, secrets }: Shareable, options: SharingOptions): Sharing {
  const { bus, wire, note, logger, metrics } = options
  if (!cluster || !bus) return ALONE
  const busState = (): GatewayNote['bus'] => (bus.isOpen ? 'ok' : 'polling')
  const membership = new Membership({
    ...{ gateways: cluster.gateways, logger },
    note: () => ({ ...note(), bus: busState() }),
  })
  openGauges(metrics.registry, bus, membership)
  let stopLooking: (() => void) | undefined
  return {
    mayWork: () => membership.isAlive,
    isFirst: () => membership.isFirst,
    ...{ gateways: () => membership.gateways, bus: busState },
    async join(parts) {
      stopLooking = listen(parts, { cluster, bus, membership, gateway: note().id, logger })
      await membership.join()
      const onFault = (error: unknown): void => {
        logger.warn({ err: error }, 'the bus is cut: what other gateways do is looked up')
      }
      await bus.start(await wireOf(cluster, secrets, wire, onFault))
    },
    say: () => membership.say(),
    async leave() {
      stopLooking?.()
      await bus.close()
      await membership.leave()
    },
  }
}

/** Loads what speaks NATS only where it is spoken. */
async function wireOf(
  { notifications }: Cluster,
  secrets: Secrets,
  wire: BusSettings | undefined,
  onFault: (error: unknown) => void,
): Promise<OpenWire> {
  if (!wire) return postgresWire(notifications, onFault)
  const { natsWire } = await import('../bus/nats')
  const { servers, isTls, user, secret, secretFile, ca } = wire
  const readSecret = secretFile === undefined ? () => secret : () => readFileSync(secretFile, 'utf8').trim()
  return natsWire({
    ...{ servers, user, onFault, subject: await subjectOf(secrets) },
    tls: isTls || ca !== undefined ? { ca } : undefined,
    secret: readSecret() === undefined ? undefined : () => readSecret() ?? '',
  })
}

/** Gateways of one store, and no others that use the same servers: nobody guesses it who cannot read the store. */
async function subjectOf(secrets: Secrets): Promise<string> {
  const secret = await secrets.keep('bus', randomBytes(32).toString('base64url'))
  return `herald.${createHash('sha256').update(secret).digest('hex').slice(0, 32)}`
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
  new Gauge({
    name: 'herald_gateway_connections',
    help: 'Sockets of devices at each gateway on the same store, as it said last.',
    labelNames: ['gateway', 'version', 'bus'] as const,
    registers: [registry],
    collect() {
      this.reset()
      for (const { name, version, bus: state, connections } of membership.gateways)
        this.set({ gateway: name, version, bus: state }, connections)
    },
  })
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

/** @returns ends the looking for what others did */
function listen(
  { everywhere, hub, endpoint, subscriptions, pushes }: JoinParts,
  { cluster, bus, membership, gateway, logger }: Surroundings,
): () => void {
  const stop = lookUpMissed({
    ...{ bus, gateway, hub, endpoint, subscriptions, pushes },
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
  return stop
}
