import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { flatLines } from '../process/log'
import type { Metrics } from '../process/metrics'

/** Routes that are asked all day by machines or in dozens by one page load. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics', '/*'])

/**
 * One line and one observation for each request. The line has the route's pattern and not the URL, and the token's
 * id and not its secret: feeds, queries, headers and bodies are nobody's business but the sender's.
 */
export function logRequests(app: FastifyInstance, logger: FastifyBaseLogger, metrics: Metrics): void {
  const lines = flatLines(logger)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const status = reply.statusCode
    metrics.requestDone(request.method, route, status, reply.elapsedTime / 1000)
    const ms = Math.round(reply.elapsedTime * 10) / 10
    const { id: reqId, method } = request
    const line = { reqId, method, route, status, ms, tokenId: request.caller?.token.id }
    lines[levelOf(request, status)](line, 'request')
    done()
  })
}

function levelOf(request: FastifyRequest, status: number): 'error' | 'debug' | 'info' {
  if (status >= 500) return 'error'
  // The audit sums these: a stranger who goes on past a limit must not fill the log.
  if (status === 429) return 'debug'
  return QUIET.has(request.routeOptions.url ?? '') ? 'debug' : 'info'
}
