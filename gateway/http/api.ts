import type { FastifyInstance } from 'fastify'
import { readBody, parseShape } from './bodies'
import { guardRoute } from './guard'
import type { RateLimits } from './rate-limits'
import type { Route } from './route'
import { chatAccountRoutes, chatServerRoutes } from './routes/chat'
import { deliveryRoutes } from './routes/deliveries'
import { deviceRoutes } from './routes/devices'
import { ownSignInCodeRoutes } from './routes/own-sign-in-codes'
import { meRoutes } from './routes/me'
import { operationRoutes } from './routes/operation'
import { providerRoutes } from './routes/providers'
import { publishRoutes } from './routes/publish'
import { readingRoutes } from './routes/reading'
import { sessionRoutes } from './routes/sessions'
import { signInRoutes } from './routes/sign-in'
import { testAlertRoutes } from './routes/test-alerts'
import { tokenRoutes } from './routes/tokens'
import { userRoutes } from './routes/users'
import { signInCodeRoutes } from './routes/sign-in-codes'
import type { HttpServices } from './services'

/** Every route of the API, in the order in which documents list them. */
export function apiRoutes(services: HttpServices, limits: RateLimits): Route[] {
  return [
    ...publishRoutes(services),
    ...readingRoutes(services),
    ...meRoutes(services),
    ...deviceRoutes(services),
    ...chatAccountRoutes(services),
    ...sessionRoutes(services),
    ...ownSignInCodeRoutes(services),
    ...testAlertRoutes(services, limits),
    ...deliveryRoutes(services),
    ...providerRoutes(services),
    ...chatServerRoutes(services),
    ...signInRoutes(services, limits),
    ...userRoutes(services),
    ...signInCodeRoutes(services),
    ...tokenRoutes(services),
    ...operationRoutes(services),
  ]
}

/** Hangs a route into Fastify: guard, then body, then the route's own work. */
export function addRoute(
  app: FastifyInstance,
  spec: Route,
  services: HttpServices,
  limits: RateLimits,
): void {
  app.route({
    method: spec.method,
    url: spec.path.replace(/\{(\w+)\}/g, ':$1'),
    ...(spec.maxBodyBytes !== undefined && { bodyLimit: spec.maxBodyBytes }),
    onRequest: guardRoute(spec, services, limits),
    handler: async (request, reply) => {
      const answer = await spec.handle({
        params: request.params as Record<string, string>,
        query: spec.query && parseShape(spec.query, request.query, 'invalid_query'),
        body: readBody(spec, request.body, request),
        caller: request.caller,
        request,
        audit: (event, target, user) => {
          const { client, caller } = request
          services.audit.changed({
            event,
            address: client.address,
            tokenId: caller?.token.id,
            target,
            user: user ?? undefined,
          })
        },
      })
      reply.code(answer.status).headers(answer.headers ?? {})
      return answer.body === undefined ? reply.send() : reply.send(answer.body)
    },
  })
}

/** Which methods each path of the API takes, for 405 answers. */
export function methodFinder(
  routes: readonly { method: string; path: string }[],
): (path: string) => string[] {
  const patterns = new Map<string, { pattern: RegExp; methods: string[] }>()
  for (const { method, path } of routes) {
    const known = patterns.get(path) ?? {
      pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
      methods: [],
    }
    known.methods.push(...(method === 'GET' ? ['GET', 'HEAD'] : [method]))
    patterns.set(path, known)
  }
  return (path) => [...patterns.values()].find(({ pattern }) => pattern.test(path))?.methods ?? []
}
