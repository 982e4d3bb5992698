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

/** `GET /openapi.json` for machines and a page for people, both made from the routes, once. @param paths where the page is */
export function answerDocs(
  app: FastifyInstance,
  routes: readonly Route[],
  version: string,
  publicUrl: string | undefined,
  paths: readonly string[],
): void {
  const description = once(() => page(JSON.stringify(describeApi(routes, version, publicUrl))))
  app.get('/openapi.json', (request, reply) => {
    reply.type('application/json; charset=utf-8')
    return sendPage(request, reply, description())
  })

  const policy = pagePolicy(style)
  const text = once(() => renderDocs(routes, version, publicUrl ?? ADDRESS))
  const pages = new Map<string, Page>()
  for (const path of paths) {
    app.get(path, (request, reply) => {
      reply.type('text/html; charset=utf-8').header('content-security-policy', policy)
      return sendPage(request, reply, pageFor(pages, publicUrl ?? addressOf(request), text))
    })
  }
}

interface Page {
  readonly bytes: Buffer
  readonly tag: string
}

const page = (text: string): Page => ({
  bytes: Buffer.from(text),
  tag: hash('sha256', text, 'base64url').slice(0, 22),
})

/** Pages that are kept, one for each address under which readers found us; a stranger may name any. */
const MAX_PAGES = 8

/** The page with its reader's address in it, so that the examples can be pasted as they stand. */
function pageFor(pages: Map<string, Page>, address: string, text: () => string): Page {
  const known = pages.get(address)
  if (known) return known
  if (pages.size >= MAX_PAGES) pages.clear()
  const made = page(text().replaceAll(ADDRESS, () => address))
  pages.set(address, made)
  return made
}

const addressOf = ({ client: { host = 'localhost', isSecure } }: FastifyRequest): string =>
  html`${isSecure ? 'https' : 'http'}://${host}`.text

/** A browser asks again each time, and is told that nothing is new (RFC 9110 §13.1.2). */
function sendPage({ headers }: FastifyRequest, reply: FastifyReply, { bytes, tag }: Page): FastifyReply {
  const etag = `"${tag}"`
  reply.headers({ 'cache-control': 'no-cache', etag })
  const known = headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? []
  return known.includes(etag) || known.includes('*') ? reply.code(304).send() : reply.send(bytes)
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => (made ??= make())
}
