import type { FastifyInstance } from 'fastify'
import { lookup } from 'node:dns/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Config } from './config'
import type { Breaches } from './breaches'
import { guardDoor } from './door'
import { ConnectionCap, mostBySystem, type DropReason } from './connection-cap'
import { REDIRECT_CONNECTIONS } from './https-redirect'
import type { Metrics } from './metrics'
import type { ProxyTrust } from './proxies'
import type { Tls } from './tls'

/** How often the log tells that connections are dropped (ms). */
const TELL_DROPS_MS = 60_000

/** Of all connections, what one address may have when no setting says otherwise. */
const SHARE_OF_ADDRESS = 0.75

/** How long a shutdown waits for the rest of a request's headers, which come at once from whoever means it (ms). */
const HEADERS_GRACE_MS = 500

/** Requests that are not done by then are cut off (ms). */
const DRAIN_MS = 6000

/**
 * Connections that the system keeps for us until we take them. Node's 511 overflow when all devices come back at once,
 * and each one that was dropped tries again after a second. The system may allow less (net.core.somaxconn).
 */
const LISTEN_BACKLOG = 8192

interface Surroundings {
  readonly config: Pick<Config, 'maxConnections' | 'maxAddressConnections'> & Partial<Pick<Config, 'tls'>>
  readonly isProxy: ProxyTrust
  readonly breaches: Breaches
  readonly metrics: Metrics
  readonly logger: Logger
}

const reasons: Readonly<Record<DropReason, string>> = {
  all: 'as many as may be are open',
  address: 'an address has as many as it may',
  broken: 'an address breaks the protocol again and again',
}

/** Bounds the connections of a server; the log tells of dropped ones, a line a minute. */
export function limitConnections(
  server: Server,
  { config, isProxy, breaches, metrics, logger }: Surroundings,
): ConnectionCap {
  const besides = config.tls?.redirectPort === undefined ? 0 : REDIRECT_CONNECTIONS.maxConnections
  const most = config.maxConnections === 0 ? mostBySystem(besides) : config.maxConnections
  const mostOfAddress = config.maxAddressConnections || Math.ceil(most * SHARE_OF_ADDRESS)
  const toldAt = { all: -Infinity, address: -Infinity, broken: -Infinity }
  const details = { all: { most }, address: { mostOfAddress }, broken: {} }
  const onDropped = (limit: DropReason): void => {
    metrics.connectionDropped(limit)
    if (performance.now() - toldAt[limit] < TELL_DROPS_MS) return
    toldAt[limit] = performance.now()
    logger.warn(details[limit], `connections are dropped, ${reasons[limit]}`)
  }
  guardDoor(server, {
    isShut: (address) => breaches.msShut(address) > 0,
    onTurnedAway: () => {
      onDropped('broken')
    },
    onUnguarded: () => {
      logger.warn(
        { node: process.version },
        'this Node shows nobody at the door: shut addresses are dropped behind it',
      )
    },
  })
  return new ConnectionCap(server, { most, mostOfAddress, isProxy, breaches, onDropped })
}

/** Listens; returns the port, which the system chose when the settings said 0. */
export async function listen(
  app: FastifyInstance,
  { host, port }: Pick<Config, 'host' | 'port'>,
  tls: Pick<Tls, 'redirect'>,
): Promise<number> {
  // An address and not a name: for the second address of `localhost` Fastify opens a second server, and whoever guards
  // connections listens to the first.
  const { address } = await lookup(host)
  await app.listen({ host: address, port, backlog: LISTEN_BACKLOG })
  await tls.redirect(address)
  return portOf(app)
}

export const portOf = (app: FastifyInstance): number => (app.server.address() as AddressInfo).port

/** Lets requests finish that have begun, but no slow sender hold up the exit. Nothing is open afterwards. */
export async function drain(app: FastifyInstance, cap: ConnectionCap): Promise<void> {
  // Node calls a connection idle only when a request was answered on it.
  cap.endSilent()
  const idle = setTimeout(() => {
    cap.endIdle()
  }, HEADERS_GRACE_MS)
  const cutOff = setTimeout(() => {
    cap.endAll()
  }, DRAIN_MS)
  await app.close()
  clearTimeout(idle)
  clearTimeout(cutOff)
}
