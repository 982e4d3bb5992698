import { HeraldError } from '@herald/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { openAnswers } from '../process/answers'
import type { Breaches } from '../process/breaches'
import { cutParsed } from '../process/end-socket'
import { hostFault } from '../process/host-header'
import { clientOf, type Client, type ProxyTrust } from '../process/proxies'
import { repeatedHeader } from '../process/single-headers'
import type { RateLimits } from './rate-limits'
import type { HttpServices } from './services'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, past our own proxies. Fastify's `ip`, `host` and `protocol` know nothing of those. */
    client: Client
    /** Whether it counts against the limit of its address. */
    isCounted: boolean
  }
}

/** Longest path with its query, in bytes; no route of ours has use for more. */
const MAX_URL_LENGTH = 8192

/** What supervisors ask all day, and must be answered. */
const NEVER_LIMITED = new Set(['/healthz', '/readyz'])

/** The files of the app and of the documents: a browser asks for dozens at once, and none costs more than a read. */
const FILES = new Set(['/*', '/docs/*'])

/** Requests that one connection may send before it has the answers to those before: browsers and libraries wait for each. */
const MAX_WAITING = 8

/**
 * Cuts a connection that goes on asking without taking its answers, and looks at nothing that it has sent behind. One read
 * of the network holds a thousand short requests, and each would have its answer in memory, or its file open, until the
 * peer takes those before it.
 */
export function limitWaiting(app: FastifyInstance, breaches: Breaches): void {
  app.addHook('onRequest', ({ raw }, reply, done) => {
    // This one is among them.
    if (openAnswers(raw.socket).size > MAX_WAITING) {
      reply.hijack()
      cutParsed(raw.socket)
      breaches.noteFloodOn(raw.socket, raw)
      return
    }
    done()
  })
  // A file that was found only after its connection had gone.
  app.addHook('onSend', ({ raw }, _reply, payload, done) => {
    if (raw.socket.destroyed && payload instanceof Readable) payload.destroy()
    done()
  })
}

/** Finds out who asks, before anything else is done for them. */
export function knowClients(app: FastifyInstance, isProxy: ProxyTrust): void {
  app.decorateRequest('client')
  app.addHook('onRequest', (request, _reply, done) => {
    request.client = clientOf(request.raw, isProxy)
    done()
  })
}

/**
 * Refuses who breaks the protocol again and again, as soon as it is known who asks. Without a proxy such an address gets no
 * connection; this is for those behind one, and for what came in before.
 */
export function refuseBreakers(app: FastifyInstance, limits: RateLimits): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!NEVER_LIMITED.has(request.routeOptions.url ?? '')) limits.checkBroken(request.client.address)
    done()
  })
}

/** Refuses what is no good HTTP in the words of our catalogue; Node would answer without a body, or not notice. */
export function refuseBadRequests(app: FastifyInstance): void {
  // Node answers an `Expect` that it does not know by itself, unless somebody listens.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    done(badRequest(raw))
  })
}

function badRequest(raw: FastifyRequest['raw']): HeraldError | undefined {
  const fault = hostFault(raw) ?? repeatedHeader(raw)
  if (fault !== undefined) return new HeraldError('invalid_header', fault)
  if ((raw.url ?? '').length > MAX_URL_LENGTH) return new HeraldError('url_too_long')
  // RFC 9112 §3.2.4: a star is no path; the router would take it for the root.
  if (raw.url === '*' && raw.method !== 'OPTIONS') return new HeraldError('not_found')
  const { expect } = raw.headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    return new HeraldError('expectation_failed')
  return undefined
}

/**
 * The path as the router can read it. A `%` that begins no character goes as itself, to the same doors as all others,
 * instead of past them to an answer of the router's own.
 */
export function readableUrl({ url = '/' }: FastifyRequest['raw']): string {
  if (!url.includes('%')) return url
  const end = /[?#]|$/.exec(url)?.index ?? url.length
  const path = url.slice(0, end)
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return path.replaceAll('%', '%25') + url.slice(end)
  }
}

/** From the signal to the exit, what comes over connections that are still open is sent elsewhere. */
export function refuseWhenClosing(app: FastifyInstance, services: HttpServices): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const refused = services.closing() && request.url !== '/healthz'
    done(refused ? new HeraldError('shutting_down') : undefined)
  })
  // A connection that stayed open would hold up the exit.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (services.closing()) reply.header('connection', 'close')
    done()
  })
}

/** Counts every request of an address: what needs no token, and what there is not, too. */
export function limitAddresses(app: FastifyInstance, limits: RateLimits): void {
  app.decorateRequest('isCounted', false)
  app.addHook('onRequest', async (request) => {
    const { url = '' } = request.routeOptions
    if (!NEVER_LIMITED.has(url) && !FILES.has(url)) await countAddress(request, limits)
  })
}

/** A file that there is not, which is only known when it was looked for. */
export async function limitMissingFiles(request: FastifyRequest, limits: RateLimits): Promise<void> {
  if (!request.isCounted) await countAddress(request, limits)
}

async function countAddress(request: FastifyRequest, limits: RateLimits): Promise<void> {
  request.isCounted = true
  await limits.address(request.client.address)
}
