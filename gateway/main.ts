import { SOCKET_PATH, type Status } from '@herald/protocol'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Logger } from 'pino'
import { LocalBus } from './bus/local'
import { otherDevicesUrl } from './process/addresses'
import { SharedBus } from './bus/shared'
import { announce } from './process/announce'
import { Audit } from './process/audit'
import { ClockKeeper } from './clock/clock-keeper'
import { BUILT_MS, GatewayClock, machineClocks } from './clock/gateway-clock'
import { watchTimes } from './clock/time-watch'
import { openSharing, type Sharing } from './cluster/open-cluster'
import type { Bus } from './contracts/bus'
import { readConfig, unknownSettings, type Config } from './process/config'
import { ConfigError } from './process/config-error'
import { FLOOD } from './process/breaches'
import { drain, limitConnections, listen, portOf } from './process/connections'
import { DataFolder } from './process/data-folder'
import { prepareFirstStart } from './process/first-start'
import { explainStart, exitWith, stopOnSignals, type Gateway } from './process/life'
import type { Store } from './contracts/store'
import { answerBrokenRequests, refuseProxying } from './http/broken-requests'
import { openDoors, type Doors } from './http/doors'
import { buildServer } from './http/server'
import { auditLines, openLog } from './process/log'
import { openMetrics } from './process/metrics'
import { openPush } from './escalation/open-push'
import type { Everywhere } from './presence/everywhere'
import { REDIRECT_CONNECTIONS } from './process/https-redirect'
import packageJson from './package.json' with { type: 'json' }
import { clientOf } from './process/proxies'
import { openTls } from './process/tls'
import { openStore } from './stores/sqlite/open'
import { keepUp } from './process/upkeep'
import { openAuthentication } from './users/authentication'
import { openComponents } from './xmpp/components'
import { SocketEndpoint, type EndpointOptions } from './ws/endpoint'
import type { SocketContext } from './ws/context'
import { Hub } from './ws/hub'
import { observeSockets } from './ws/observe-sockets'

const VERSION = packageJson.version

/** Clients spread their return over this after a shutdown, so that they do not come all at once (ms). */
const RETURN_SPREAD_MS = 5000

/** Puts every part together. Nothing else in the gateway knows all of them. */
async function assemble(config: Config, logger: Logger, folder: DataFolder) {
  const gateway = randomUUID()
  const { bus, shared } = openBus(config, gateway, logger)
  const { opened, time } = await openWithClock(config, logger, bus)
  const { log, directory, subscriptions, devices, pushes } = opened
  await watchTimes(bus, log, logger)
  const firstUser = await prepareFirstStart(folder, directory)
  const audit = new Audit(auditLines(logger))
  const authenticate = openAuthentication(config.jwt, directory, audit, time.now)

  const life = { closing: false, port: config.port }
  const connections = (): number => endpoint.connectionCount
  const figures = () => opened.figures()
  const metrics = openMetrics({ figures, connections, open: () => cap.figures, doubt: () => time.doubt })
  const observer = observeSockets(metrics.registry, logger)
  const note = () => ({ id: gateway, name: nameOf(life.port), version: VERSION, connections: connections() })
  const sharing = openSharing(opened, { bus: shared, wire: config.bus, note, logger, metrics })
  const watched = { logger, registry: metrics.registry, onFault: observer.fault }
  const push = await openPush(opened, { config, clock: time, ...sharing, bus, gateway, ...watched })
  const { presence, everywhere, acks, live } = push
  const chat = await openComponents(config.chatServers, { store: opened, now: time.now, ...watched })
  const hub = new Hub({ log, bus, gateway, onDelivered: observer.delivered, takePlace: everywhere?.enter })
  const doors = openDoors(config, metrics, audit, bus)
  const app = await buildServer({
    ...{ config, logger, ...doors },
    version: VERSION,
    services: {
      ...{ log, directory, subscriptions, devices, metrics, audit, authenticate },
      presence: everywhere ?? presence,
      ...{ chat, push: push.access, deliveries: push.deliveries, deadLetters: push.deadLetters },
      ...{ receipts: push.receipts, clock: time, bus: sharing.bus },
      status: () => statusOf(opened, { time, connections: connections(), gateways: sharing.gateways() }),
      socketsOf: (user) => socketsOf(user, endpoint, everywhere),
      otherDevicesUrl: (host) =>
        otherDevicesUrl({ ...config, port: portOf(app), publicUrl: tls.publicUrl() }, host),
      ...{ writable: () => opened.writable, closing: () => life.closing },
    },
  })
  // Before anybody else listens to connections: it takes Node's own listener off.
  const tls = openTls(app.server, {
    ...{ config, breaches: doors.breaches, logger, now: time.now },
    guardRedirect: (redirect) => {
      guardRedirect(redirect, { ...doors, metrics, logger })
    },
    onSecured: (raw, secure) => {
      cap.moved(raw, secure)
    },
  })
  const cap = limitConnections(app.server, { config, ...doors, metrics, logger })
  const endpoint = new SocketEndpoint(app.server, {
    ...{ log, subscriptions, pushes, bus, acks, presence, live, hub, observer, authenticate, now: time.now },
    ...{ heartbeatMs: config.heartbeatMs, maxUserSockets: config.userLimits.sockets },
    ...socketDoors(doors, cap),
    refused: auditSockets(audit),
  })
  return { opened, time, firstUser, audit, life, sharing, push, chat, hub, app, tls, cap, endpoint }
}

/** Nobody can do more at the port that sends on to https than at the gateway's own. */
function guardRedirect(
  redirect: Server,
  parts: Omit<Parameters<typeof limitConnections>[1], 'config'>,
): void {
  const { logger, breaches } = parts
  redirect.on('clientError', answerBrokenRequests(logger, breaches))
  refuseProxying(redirect, logger, breaches)
  limitConnections(redirect, {
    ...{ ...parts, config: REDIRECT_CONNECTIONS },
    logger: logger.child({ port: 'redirect' }),
  })
}

/** Opens the doors of a gateway that stands, and lets it work; `stop` closes them first and the store last. */
async function startGateway(config: Config, logger: Logger, folder: DataFolder): Promise<Gateway> {
  const parts = await assemble(config, logger, folder)
  const { opened, time, audit, life, sharing, push, chat, app, tls, cap, endpoint } = parts
  const { directory, subscriptions, pushes } = opened
  await sharing.join({ everywhere: push.everywhere, hub: parts.hub, endpoint, subscriptions, pushes })
  life.port = await listen(app, config, tls)
  await sharing.say()
  await push.escalation.start()
  chat.start()
  const stopUpkeep = startUpkeep(opened, { config, time, logger, isFirst: sharing.isFirst })
  return {
    announce: () =>
      announce({
        ...{ version: VERSION, logger, folder, directory, port: life.port, user: parts.firstUser?.id },
        config: { ...config, publicUrl: tls.publicUrl() },
      }),
    async stop() {
      life.closing = true
      stopUpkeep()
      tls.stop()
      cap.endSilent()
      await push.live.stop()
      await endpoint.close(RETURN_SPREAD_MS)
      await drain(app, cap)
      // Last of the doors: what a chat server says while nobody is there is lost.
      chat.stop()
      await push.stop()
      await directory.flushUses()
      audit.flush()
      await sharing.leave()
      await opened.close()
      folder.release()
    },
  }
}

/** Lets the store be kept up, by a clock that is watched. Answers what ends it. */
function startUpkeep(store: Store, { config, time, logger, isFirst }: UpkeepParts): () => void {
  const keeper = new ClockKeeper(time, store.clock, logger)
  return keepUp(store, config.retention.maxAgeMs, logger, { clock: time, keeper, isFirst })
}

interface UpkeepParts {
  readonly config: Config
  readonly time: GatewayClock
  readonly logger: Logger
  readonly isFirst: () => boolean
}

/** What operators call a gateway among others; a port that the system gives is not known before it is listened at. */
const nameOf = (port: number): string => (port === 0 ? hostname() : `${hostname()}:${String(port)}`)

/** The live sockets of a user, at this gateway and at others. */
const socketsOf = async (user: string, here: SocketEndpoint, everywhere: Everywhere | undefined) => [
  ...((await everywhere?.socketsElsewhere(user)) ?? []),
  ...here.socketsOf(user),
]

/** The bus of a gateway that may have others beside it, which speaks as soon as it is given a wire; or of one that is alone. */
function openBus({ database }: Config, gateway: string, logger: Logger) {
  const onFault = (error: unknown): void => {
    logger.error({ err: error }, 'bus fault')
  }
  const shared = database && new SharedBus({ gateway, onFault })
  return { bus: shared ?? new LocalBus(onFault), shared }
}

interface StatusParts {
  readonly time: GatewayClock
  readonly connections: number
  readonly gateways: ReturnType<Sharing['gateways']>
}

/** What the gateway says of itself to an administrator. */
async function statusOf(
  store: Pick<Store, 'figures'>,
  { time, connections, gateways }: StatusParts,
): Promise<Status> {
  return {
    ...{ version: VERSION, uptimeSeconds: Math.floor(process.uptime()), connections },
    ...(await store.figures()),
    ...(time.doubt && { clock: time.doubt }),
    ...(gateways && { gateways: [...gateways] }),
  }
}

/** What a socket passes before its handshake, as requests do. */
function socketDoors(
  { isProxy, isOriginAllowed, limits, breaches }: Doors,
  cap: ReturnType<typeof limitConnections>,
): Pick<EndpointOptions, 'isOriginAllowed' | 'addressOf' | 'admit' | 'breached' | 'claim' | 'onJoined'> {
  return {
    claim: (socket, address) => cap.claim(socket, address),
    onJoined: (socket) => {
      cap.keep(socket)
    },
    // Only a page's origin is held against the host.
    isOriginAllowed: (origin, request) =>
      isOriginAllowed(origin, origin === undefined ? undefined : clientOf(request, isProxy).host),
    breached: (address, how) => {
      breaches.note(address, how && FLOOD)
    },
    addressOf: (request) => clientOf(request, isProxy).address,
    admit: async (address) => {
      limits.checkBroken(address)
      await limits.address(address)
    },
  }
}

/** Sockets that are refused leave the lines that requests leave. */
const auditSockets =
  (audit: Audit): SocketContext['refused'] =>
  (code, address, tokenId) => {
    audit.refused({ code, address, tokenId, route: SOCKET_PATH })
  }

/** Opens the store and the gateway's clock, each of which needs the other: the last time that was believed is stored. */
async function openWithClock(config: Config, logger: Logger, bus: Bus) {
  let time: GatewayClock | undefined
  const opened = await openStoreOf(config, {
    ...{ bus, retention: config.retention, limits: config.userLimits },
    onFault: (detail) => {
      logger.error({ detail }, 'store fault')
    },
    clockOf: (known, wall = machineClocks.wall) =>
      (time = new GatewayClock({ built: BUILT_MS, known }, { ...machineClocks, wall })).now,
  })
  if (!time) throw new Error('the store was opened without a clock')
  return { opened, time }
}

type StoreSettings = Pick<Parameters<typeof openStore>[0], 'retention' | 'limits' | 'onFault' | 'clockOf'> & {
  readonly bus: Bus
}

/** The store that the settings name: a file in the data folder, or a PostgreSQL. */
async function openStoreOf(config: Config, settings: StoreSettings): Promise<Store> {
  const { database, dataFolder: folder, maxStoreBytes: maxBytes } = config
  if (database === undefined)
    return openStore({ ...settings, folder, maxBytes, writer: new URL('./writer.js', import.meta.url) })
  const { uri, passwordFile } = database
  // Nobody else waits for the driver, or has it in memory.
  const { openPostgresStore } = await import('./stores/postgres/open')
  return openPostgresStore({
    ...settings,
    uri,
    ...(passwordFile !== undefined && { password: () => readFileSync(passwordFile, 'utf8').trim() }),
  })
}

async function main(): Promise<void> {
  // Messages and token hashes are the owner's only, also in a folder that others may enter.
  process.umask(0o077)
  const config = readConfig(process.env, process.stdout.isTTY)
  const logger = openLog(config.logLevel)
  for (const name of unknownSettings(process.env)) logger.warn({ name }, 'no setting has this name')
  process.on('uncaughtException', (error) => exitWith(logger, error, 'fault'))
  try {
    const folder = new DataFolder(config.dataFolder)
    for (const path of folder.open) logger.warn({ path }, 'others than its owner may open this')
    const gateway = await startGateway(config, logger, folder)
    // First, because who waits for the announcement may send a signal right after it.
    stopOnSignals(gateway, logger)
    await gateway.announce()
  } catch (error) {
    if (error instanceof ConfigError) throw error
    process.stderr.write(`herald: ${explainStart(error, config)}\n`)
    process.exit(1)
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`herald: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(2)
})
