import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Metrics } from '../metrics'

/** Routes that are asked all day by machines or in dozens by one page load. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics', '/*'])

/**
 * One line and one observation for each request. The line has the route's pattern and not the URL, and the token's
 * id and not its secret: feeds, queries, headers and bodies are nobody's business but the sender's.
 */
export function logRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    const status = reply.statusCode
    metrics.requestDone(request.method, route, status, reply.elapsedTime / 1000)
    const ms = Math.round(reply.elapsedTime * 10) / 10
    const line = { method: request.method, route, status, ms, tokenId: request.caller?.token.id }
    request.log[levelOf(request, status)](line, 'request')
  })
}

function levelOf(request: FastifyRequest, status: number): 'error' | 'debug' | 'info' {
  if (status >= 500) return 'error'
  return QUIET.has(request.routeOptions.url ?? '') ? 'debug' : 'info'
}
