import { HeraldError } from '@herald/protocol'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config'
import type { HttpServices } from './services'
import { guardRoute } from './guard'
import type { RateLimits } from './rate-limits'
import type { Route } from './route'

/** What a supervisor, a load balancer and Prometheus ask. These paths are outside the API and its versions. */
export function answerHealth(
  app: FastifyInstance,
  services: HttpServices,
  limits: RateLimits,
  access: Config['metrics'],
): void {
  // The process lives and its loop turns. It says nothing of the disk: a restart would not mend that.
  app.get('/healthz', () => ({ ok: true }))

  app.get('/readyz', () => {
    if (!services.writable()) throw new HeraldError('storage_unavailable')
    const doubt = services.clock?.doubt
    return doubt ? { ok: true, clock: doubt } : { ok: true }
  })

  if (access === 'off') return
  const guard = guardRoute({ right: 'admin' } as Route, services, limits)
  app.get('/metrics', { onRequest: access === 'admin' ? [guard] : [] }, async (_request, reply) => {
    reply.type(services.metrics.registry.contentType)
    return services.metrics.registry.metrics()
  })
}
