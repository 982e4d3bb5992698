import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** Connections of people who typed an address; more is a flood. */
const MOST_CONNECTIONS = 256
/** A request that only asks for a page is short. */
const MAX_HEADER_BYTES = 8192
const REQUEST_MS = 10_000

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
 * has to hear that it does, and not find that it works.
 */
export function openRedirect(target: Target): Server {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS },
    (request, response) => {
      answer(request, response, target)
    },
  )
  server.maxConnections = MOST_CONNECTIONS
  return server
}

function answer(request: IncomingMessage, response: ServerResponse, target: Target): void {
  const { method = '', headers, url = '/' } = request
  response.setHeader('Connection', 'close')
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  const isPage = (method === 'GET' || method === 'HEAD') && headers.authorization === undefined
  const origin = originFor(headers.host, target)
  if (!isPage || origin === undefined || !url.startsWith('/')) {
    response.writeHead(426, { Upgrade: 'TLS/1.2, HTTP/1.1' }).end('Use https.\n')
    return
  }
  response.writeHead(308, { Location: origin + url }).end()
}

function originFor(host: string | undefined, { publicUrl, port }: Target): string | undefined {
  if (publicUrl !== undefined) return new URL(publicUrl).origin
  const name = HOST.exec(host ?? '')?.[1]
  return name && `https://${name}${port() === 443 ? '' : `:${String(port())}`}`
}
