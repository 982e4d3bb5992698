import { MAX_BODY_BYTES, SOCKET_PATH } from '@herald/protocol'
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
} from 'fastify'
import type { Audit } from '../process/audit'
import type { Config } from '../process/config'
import { watchAnswers } from '../process/answers'
import { Breaches } from '../process/breaches'
import type { ProxyTrust } from '../process/proxies'
import { nextRequestId } from '../process/request-ids'
import { addRoute, apiRoutes, methodFinder } from './api'
import { parseBodies } from './bodies'
import { boundBodies, BoundedRequest } from './bounded-request'
import { answerDocs } from './docs/answer-docs'
import { answerBrokenRequests, refuseProxying } from './broken-requests'
import { answerError, answerErrors } from './error-answers'
import {
  knowClients,
  limitAddresses,
  limitWaiting,
  readableUrl,
  refuseBreakers,
  refuseBadRequests,
  refuseWhenClosing,
} from './front-door'
import { answerHealth } from './health'
import { guardOrigins, tellOrigins, type OriginCheck } from './origins'
import { openRateLimits, type RateLimits } from './rate-limits'
import { takeReceipts } from './receipts'
import { logRequests } from './request-log'
import { setSecurityHeaders } from './security-headers'
import type { HttpServices } from './services'
import { serveApp, serveDocs } from './static-files'

/** Slow-loris bound: a whole request, body included, must be in by then (ms). */
const REQUEST_TIMEOUT_MS = 30_000

/** Of that, what the headers may take; a connection that says nothing is held no longer either (ms). */
const HEADERS_TIMEOUT_MS = 10_000

/** How often Node looks for requests that are late; its own 30 s would double the times above (ms). */
const LATE_CHECK_MS = 1000

/** Statuses of requests that the audit hears of. */
const REFUSED = new Set([401, 403, 429])

/** What main.ts gives to the server, and the sockets share with it. */
export interface ServerOptions {
  readonly config: Pick<
    Config,
    'rates' | 'metrics' | 'staticFolder' | 'docsFolder' | 'publicUrl' | 'trustProxy'
  >
  readonly version: string
  readonly services: HttpServices
  readonly isOriginAllowed: OriginCheck
  readonly isProxy: ProxyTrust
  readonly limits?: RateLimits
  readonly breaches?: Breaches
  readonly logger: FastifyBaseLogger
}

/** Builds the HTTP server; it does not listen yet. Its `server` also takes the sockets' upgrades. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { config, services, logger } = options
  const breaches = options.breaches ?? new Breaches({ most: config.rates.broken, isProxy: options.isProxy })
  const limits = options.limits ?? openRateLimits(config.rates, services.metrics.rateLimited, breaches)
  const app = fastify({
    loggerInstance: logger,
    // logRequests writes our own line, which has no URL in it.
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for each request is a tenth of what a publish costs; our lines name the request themselves.
    childLoggerFactory: (parent) => parent,
    genReqId: nextRequestId,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: {
      IncomingMessage: BoundedRequest,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: LATE_CHECK_MS,
      // We look at it ourselves: Node's own answer has no body.
      requireHostHeader: false,
    },
    rewriteUrl: readableUrl,
    // Ours answers instead, with a code of the catalogue.
    return503OnClosing: false,
    // A feed name that is far too long should hear so, and not that there is no such route.
    routerOptions: { maxParamLength: MAX_BODY_BYTES },
    frameworkErrors: answerError,
    schemaController: noSchemas,
    clientErrorHandler: answerBrokenRequests(logger, breaches),
  })
  boundBodies(app.server, breaches)
  watchAnswers(app.server)
  refuseProxying(app.server, logger, breaches)
  app.decorateRequest('caller', null)
  app.decorateRequest('errorCode', null)
  limitWaiting(app, breaches)
  logRequests(app, logger, services.metrics)
  auditRefusals(app, services.audit)
  setSecurityHeaders(app)
  knowClients(app, options.isProxy)
  refuseBreakers(app, limits)
  tellOrigins(app)
  refuseBadRequests(app)
  refuseWhenClosing(app, services)
  limitAddresses(app, limits)
  guardOrigins(app, options.isOriginAllowed)
  parseBodies(app)

  const routes = apiRoutes(services, limits)
  for (const spec of routes) addRoute(app, spec, services, limits)
  takeReceipts(app, services)
  answerHealth(app, services, limits, config)
  const apiPages = ['/docs/api', '/docs/api.html', ...(config.docsFolder === undefined ? ['/docs'] : [])]
  answerDocs(app, routes, options.version, config.publicUrl, apiPages)
  answerErrors(app, methodFinder([...routes, ...pathsOutsideApi(config.metrics)]), limits)
  if (config.staticFolder === undefined) app.get('/', (_request, reply) => reply.redirect('/docs'))
  else await serveApp(app, config.staticFolder)
  if (config.docsFolder === undefined) app.get('/docs/', (_request, reply) => reply.redirect('/docs'))
  else await serveDocs(app, config.docsFolder)
  return app
}

/** Bodies are checked by valibot. Fastify would load its own compilers of schemas all the same, a third of the start. */
const noSchemas: FastifyServerOptions['schemaController'] = {
  compilersFactory: {
    buildValidator: () => refuseSchema,
    buildSerializer: () => refuseSchema,
  },
}

function refuseSchema(): never {
  throw new Error('routes have no schemas of Fastify')
}

/** Paths beside the API, so that another method there is answered as such too. */
function pathsOutsideApi(metrics: Config['metrics']): { method: string; path: string }[] {
  const paths = ['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/api', SOCKET_PATH]
  return [
    ...[...paths, ...(metrics === 'off' ? [] : ['/metrics'])].map((path) => ({ method: 'GET', path })),
    { method: 'POST', path: '/v1/receipts/{provider}' },
  ]
}

/** Tells the audit of every request that was refused. An id of the path is named only where the token was valid. */
function auditRefusals(app: FastifyInstance, audit: Audit): void {
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
