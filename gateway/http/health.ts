import { HeraldError, SOCKET_PATH } from '@herald/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../process/config'
import type { HttpServices } from './services'
import { isOwnName } from '../process/host-header'
import { guardRoute } from './guard'
import type { RateLimits } from './rate-limits'
import type { Route } from './route'

/** What a supervisor, a load balancer and Prometheus ask, and the socket without its upgrade. These paths are outside the API and its versions. */
export function answerHealth(
  app: FastifyInstance,
  services: HttpServices,
  limits: RateLimits,
  { metrics: access, publicUrl, trustProxy }: Pick<Config, 'metrics' | 'publicUrl' | 'trustProxy'>,
): void {
  // The process lives and its loop turns. It says nothing of the disk: a restart would not mend that.
  app.get('/healthz', () => ({ ok: true }))

  app.get('/readyz', () => {
    if (!services.writable()) throw new HeraldError('storage_unavailable')
    const { doubt } = services.clock
    // All gateways out at once, because of the bus, would be worse than hints that come late.
    const bus = services.bus?.()
    return { ok: true, ...(doubt && { clock: doubt }), ...(bus && { bus }) }
  })

  app.get(SOCKET_PATH, (_request, reply) => {
    reply.headers({ connection: 'close, Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' })
    throw new HeraldError('upgrade_required')
  })

  if (access === 'off') return
  const guard = guardRoute({ right: 'admin' } as Route, services, limits)
  // A proxy on this machine need not say that it asks for others: nginx does not, unless it is told to.
  const hasProxy = publicUrl !== undefined || trustProxy.length > 0
  const isOpen = (request: FastifyRequest): boolean =>
    access === 'open' || (access === 'local' && !hasProxy && isOfThisMachine(request))
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    if (!isOpen(request)) await guard(request)
  }
  app.get('/metrics', { onRequest }, async (_request, reply) => {
    reply.type(services.metrics.registry.contentType)
    return services.metrics.registry.metrics()
  })
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1)$/

/**
 * Whether a program on this machine asks for itself. A proxy here asks for others, and most say so; and a page of another name
 * that leads to this machine (DNS rebinding) has that name as its Host.
 */
const isOfThisMachine = ({ client: { address, host, isDirect } }: FastifyRequest): boolean =>
  isDirect && LOOPBACK.test(address) && isOwnName(host)
