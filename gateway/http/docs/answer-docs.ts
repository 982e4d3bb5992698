import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hash } from 'node:crypto'
import type { Route } from '../route'
import { pagePolicy } from '../security-headers'
import { html } from './html'
import { describeApi } from './openapi'
import { renderDocs } from './page'
import { style } from './style'

/** Stands on the page where the reader's address belongs. */
const ADDRESS = 'address-of-the-reader'

/** `GET /openapi.json` for machines and `GET /docs` for people, both made from the routes, once. */
export function answerDocs(
  app: FastifyInstance,
  routes: readonly Route[],
  version: string,
  publicUrl: string | undefined,
): void {
  const description = once(() => page(JSON.stringify(describeApi(routes, version, publicUrl))))
  app.get('/openapi.json', (request, reply) => {
    reply.type('application/json; charset=utf-8')
    return sendPage(request, reply, description())
  })

  const policy = pagePolicy(style)
  const docs = once(() => page(renderDocs(routes, version, publicUrl ?? ADDRESS)))
  app.get('/docs', (request, reply) => {
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy)
    return sendPage(request, reply, publicUrl === undefined ? withAddress(docs(), request) : docs())
  })
}

interface Page {
  readonly text: string
  readonly tag: string
}

const page = (text: string): Page => ({ text, tag: hash('sha256', text, 'base64url').slice(0, 22) })

/** The address under which the reader found us, so that the examples can be pasted as they stand. */
function withAddress(
  { text, tag }: Page,
  { client: { host = 'localhost', isSecure } }: FastifyRequest,
): Page {
  const address = html`${isSecure ? 'https' : 'http'}://${host}`.text
  return {
    text: text.replaceAll(ADDRESS, () => address),
    tag: `${tag}.${hash('sha256', address, 'base64url')}`,
  }
}

/** A browser asks again each time, and is told that nothing is new (RFC 9110 §13.1.2). */
function sendPage({ headers }: FastifyRequest, reply: FastifyReply, { text, tag }: Page): FastifyReply {
  const etag = `"${tag}"`
  reply.headers({ 'cache-control': 'no-cache', etag })
  const known = headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? []
  return known.includes(etag) || known.includes('*') ? reply.code(304).send() : reply.send(text)
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => (made ??= make())
}
