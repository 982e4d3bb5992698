import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Route } from '../route'
import { pagePolicy } from '../security-headers'
import { describeApi } from './openapi'
import { renderDocs } from './page'
import { style } from './style'

/** `GET /openapi.json` for machines and `GET /docs` for people, both made from the routes. */
export function answerDocs(
  app: FastifyInstance,
  routes: readonly Route[],
  version: string,
  publicUrl: string | undefined,
): void {
  let description: ReturnType<typeof describeApi> | undefined
  app.get('/openapi.json', () => (description ??= describeApi(routes, version, publicUrl)))

  const policy = pagePolicy(style)
  app.get('/docs', (request, reply) => {
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy)
    return renderDocs(routes, version, publicUrl ?? addressOf(request))
  })
}

/** The address under which the reader found us, so that the examples can be pasted as they stand. */
function addressOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}
