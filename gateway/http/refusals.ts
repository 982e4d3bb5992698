import type { FastifyInstance } from 'fastify'
import type { Audit } from '../process/audit'

const REFUSED = new Set([401, 403, 429])

/** Tells the audit of every request that was refused. An id of the path is named only where the token was valid. */
export function auditRefusals(app: FastifyInstance, audit: Audit): void {
  app.addHook('onResponse', ({ errorCode, client, caller, params, routeOptions }, { statusCode }, done) => {
    if (errorCode !== null && REFUSED.has(statusCode)) {
      const { id } = (params ?? {}) as { id?: string }
      const route = routeOptions.url ?? 'unknown'
      audit.refused({
        code: errorCode,
        address: client.address,
        tokenId: caller?.token.id,
        route,
        target: caller ? id : undefined,
      })
    }
    done()
  })
}
