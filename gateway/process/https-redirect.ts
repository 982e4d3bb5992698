import { HeraldError } from '@herald/protocol'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { nextRequestId } from './request-ids'

/**
 * Connections of people who typed an address: all of them, and those of one address. Whoever comes then takes the place of
 * the one that has waited longest. The gateway's own connections leave descriptors for them.
 */
export const REDIRECT_CONNECTIONS = { maxConnections: 32, maxAddressConnections: 16 } as const

/** A request that only asks for a page is short, and comes at once. */
const MAX_HEADER_BYTES = 8192
const REQUEST_MS = 5000

/** How often Node looks for requests that are late; its own 30 s would let silent ones stay (ms). */
const LATE_CHECK_MS = 1000

/** What may stand in front of a port in a Host header. */
const HOST = /^([a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

interface Target {
  /** The gateway's public address, where one is set. */
  readonly publicUrl: string | undefined
  /** The port of the gateway's TLS. */
  readonly port: () => number
}

/**
 * Sends whoever comes by plain http to https. Only pages are sent on: a sender that puts its token on a plain connection
 * has to hear that it does, and not find that it works. Who guards it bounds its connections.
 */
export function openRedirect(target: Target): Server {
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response, target)
  }
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      ...{ headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS },
      connectionsCheckingInterval: LATE_CHECK_MS,
      // Node's own answer has no body.
      requireHostHeader: false,
    },
    onRequest,
  )
  // What it expects of us changes nothing: Node's own 417 has no body either.
  server.on('checkExpectation', onRequest)
  return server
}

function answer(request: IncomingMessage, response: ServerResponse, target: Target): void {
  const { method = '', headers, url = '/' } = request
  response.setHeader('Connection', 'close')
  const isPage = (method === 'GET' || method === 'HEAD') && headers.authorization === undefined
  const origin = originFor(headers.host, target)
  if (isPage && origin !== undefined && url.startsWith('/'))
    response.writeHead(308, { Location: origin + url }).end()
  else refuse(response)
}

function refuse(response: ServerResponse): void {
  const error = new HeraldError('upgrade_required', 'Use https: this port only sends pages on to it.')
  const body = JSON.stringify(error.toBody())
  response
    .writeHead(error.status, {
      'Content-Length': Buffer.byteLength(body),
      ...{ Upgrade: 'TLS/1.2, HTTP/1.1', 'Content-Type': 'application/json; charset=utf-8' },
      ...{ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' },
      'X-Request-Id': nextRequestId(),
    })
    .end(body)
}

function originFor(host: string | undefined, { publicUrl, port }: Target): string | undefined {
  if (publicUrl !== undefined) return new URL(publicUrl).origin
  const name = HOST.exec(host ?? '')?.[1]
  return name && `https://${name}${port() === 443 ? '' : `:${String(port())}`}`
}
