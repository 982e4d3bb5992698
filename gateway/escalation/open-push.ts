import type { ProviderName, PushRegistration, PushServices } from '@herald/protocol'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Bus } from '../contracts/bus'
import type { Config } from '../process/config'
import { VAPID_KEY_FILE } from '../process/data-folder'
import { AckBuffer } from '../presence/ack-buffer'
import { LiveNotes } from '../presence/live-notes'
import { Everywhere } from '../presence/everywhere'
import { Presence } from '../presence/presence'
import { openRecipients, type RecipientOf } from './recipients'
import { requireGoodRegistration } from '../providers/registration-check'
import { followMoves } from './clock-moves'
import { DeadLetters } from './dead-letters'
import { observeEscalation } from './observe-escalation'
import { openEscalation } from './open-escalation'
import { Receipts } from './receipts'
import { steadyClock, type MovingClock } from './steady-clock'
import { EndpointGuard } from '../providers/endpoint-guard'
import { openProviders } from '../providers/open-providers'
import type { Receipt } from '../providers/provider'
import { ProviderRegistry } from '../providers/registry'
import { keepVapidKey, vapidKeyFile } from '../providers/webpush/vapid-keys'
import { contactFault } from '../providers/webpush/webpush-provider'
import type { Store } from '../contracts/store'

/** One word of a device is believed for so many heartbeats: one may be late, two are not. */
const LEASE_HEARTBEATS = 1.5

/** How often leases that are over are dropped from memory (ms). */
const FORGET_LEASES_MS = 60_000

/** Where several gateways are, others wait for an ack no longer than this, ms. */
const SHARED_ACKS_MS = 200

/** How long a shutdown waits for push services to answer (ms); what is cut off then is repeated by the next start. */
const PUSH_GRACE_MS = 2000

/** What pushing leans on beside the store. */
interface PushSurroundings {
  readonly config: Config
  /** The gateway's time. */
  readonly clock: MovingClock
  /** Ms of a clock that never jumps; the machine's, when absent. */
  readonly elapsed?: () => number
  readonly logger: Logger
  readonly registry: Registry
  readonly onFault: (error: unknown) => void
  readonly bus: Bus
  /**
   * Names this gateway among those that share a store. Of this life alone: who is not yet gone must not be taken for its
   * own next life.
   */
  readonly gateway: string
  /** Whether others believe that this gateway lives; absent: there are no others. */
  readonly mayWork?: () => boolean
}

/** What rings phones: who is there, what is due, and the services that take it. */
export async function openPush(
  store: Store,
  { config, clock, logger, registry, onFault, bus, gateway, mayWork, ...surroundings }: PushSurroundings,
) {
  const { pushes } = store
  const elapsed = surroundings.elapsed ?? (() => performance.now())
  const now = steadyClock(clock, elapsed)
  const { presence, everywhere, acks, live, stopForgetting } = await openPresence(store, {
    ...{ bus, gateway, onFault, now, elapsed },
    leaseMs: LEASE_HEARTBEATS * config.heartbeatMs,
  })
  const recipientOf = await openRecipients(store.secrets)
  const { providers, guard } = await openServices({ config, logger, now, secrets: store.secrets })
  const receipts = new Receipts(pushes, onFault)
  const stopping = new AbortController()
  const metrics = observeEscalation(registry, logger, () => sender.circuits.open(now()))
  acks.onLate(metrics.late)
  const { escalation, deliveries, sender } = openEscalation({
    ...{ store, bus, acks, presence: everywhere ?? presence, recipientOf, now },
    doubtsClock: () => clock.doubt !== undefined,
    ...(mayWork && { mayWork }),
    settings: config.push,
    owner: gateway,
    findProvider: (provider, app) => providers.find(provider, app),
    observer: metrics,
  })
  followMoves(clock, { pushes, circuits: sender.circuits, escalation }, onFault)
  return {
    ...{ presence, everywhere, acks, live, escalation, deliveries },
    deadLetters: new DeadLetters(pushes, now),
    receipts: {
      readerOf: (provider: ProviderName) => providers.readerOf(provider),
      take: (provider: ProviderName, list: readonly Receipt[]) => {
        receipts.take(provider, list)
      },
    },
    access: accessTo(providers, { guard, recipientOf, signal: stopping.signal }),
    async stop() {
      stopForgetting()
      stopping.abort()
      receipts.stop()
      await escalation.stop(PUSH_GRACE_MS)
      await providers.close()
      await acks.flush()
      await everywhere?.stop()
    },
  }
}

/** Who is connected, here and at other gateways, and what they acked; told of who signs out. */
async function openPresence(
  { devices, cluster, acks: keptAcks }: Store,
  { bus, gateway, leaseMs, now, elapsed, onFault }: PresenceParts,
) {
  const presence = new Presence(leaseMs, now, elapsed)
  const everywhere =
    cluster && new Everywhere({ gateway, local: presence, shared: cluster.presence, leaseMs, now, onFault })
  presence.expect(await devices.leftLive())
  const forgetting = setInterval(() => {
    presence.sweep()
  }, FORGET_LEASES_MS)
  const acks = new AckBuffer(keptAcks, onFault, cluster && SHARED_ACKS_MS)
  const live = new LiveNotes(devices, onFault, now)
  bus.on('device_ended', ({ user, device }) => {
    presence.forget(user, device)
  })
  bus.on('user_ended', ({ user }) => {
    acks.forget(user)
  })
  const stopForgetting = (): void => {
    clearInterval(forgetting)
  }
  return { presence, everywhere, acks, live, stopForgetting }
}

interface PresenceParts extends Pick<PushSurroundings, 'bus' | 'gateway' | 'onFault'> {
  /** How long a device counts as connected without a word from it (ms). */
  readonly leaseMs: number
  readonly now: () => number
  readonly elapsed: () => number
}

/** The services that settings name, and the guard of where pushes may go. */
async function openServices({
  config,
  logger,
  now,
  secrets,
}: Pick<PushSurroundings, 'config' | 'logger'> & { now: () => number; secrets: Store['secrets'] }) {
  const guard = new EndpointGuard(config.providers.webpush?.allow ?? [])
  const keyFile = vapidKeyFile(join(config.dataFolder, VAPID_KEY_FILE))
  // A key that a setting names is nobody else's to keep.
  const needsKey = config.providers.webpush && config.providers.webpush.keys === undefined
  const vapidKeys = needsKey ? await keepVapidKey(secrets, keyFile) : keyFile
  const providers = new ProviderRegistry(openProviders(config.providers, { guard, vapidKeys, now }))
  const fault = config.providers.webpush && contactFault(config.providers.webpush.contact)
  // Of no use to somebody who tries Herald on his own machine; `herald provider check` says it all the same.
  const isTrial = config.quickstart && config.providers.webpush?.contact === undefined
  if (fault !== undefined) logger[isTrial ? 'debug' : 'warn']({ provider: 'webpush' }, fault)
  return { providers, guard }
}

interface AccessParts {
  readonly guard: EndpointGuard
  readonly recipientOf: RecipientOf
  readonly signal: AbortSignal
}

/** What the API tells and asks of push services. */
function accessTo(providers: ProviderRegistry, { guard, recipientOf, signal }: AccessParts) {
  return {
    webPush: webPushKey(providers),
    list: () => providers.list(),
    check: (only?: ProviderName) => providers.check(signal, only),
    isOn: (provider: ProviderName, app: string) => providers.find(provider, app) !== undefined,
    recipientOf,
    requireGood: (registration: PushRegistration) => {
      requireGoodRegistration(registration, guard)
    },
  }
}

/** What a browser needs to subscribe; null while Web Push is off. */
function webPushKey(providers: ProviderRegistry): PushServices['webPush'] {
  const publicKey = providers.appOf('webpush')
  return publicKey === undefined ? null : { publicKey }
}
