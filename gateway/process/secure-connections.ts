import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Certificate } from './certificate'

/** Within this a connection must be secured (ms); Node's own 120 s would let silent ones stay. */
const HANDSHAKE_MS = 10_000

interface Surroundings {
  readonly certificate: Pick<Certificate, 'context'>
  /** A connection is secured, and its TLS socket goes on in its place. */
  readonly onSecured: (raw: Socket, secure: TLSSocket) => void
  /** A connection was no TLS, or its handshake did not come to an end. */
  readonly onBroken: (address: string) => void
}

/**
 * Lets a server take TLS in place of plain connections. The server stays Node's for plain HTTP, with all its guards, and is
 * handed each connection after its handshake: by an `https.Server` nobody would learn which raw connection a secured one
 * was, and every limit counts those. Each handshake takes the certificate of that moment.
 */
export function secureConnections(server: Server, { certificate, onSecured, onBroken }: Surroundings): void {
  const takers = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  server.removeAllListeners('connection')
  const serve = (socket: Socket): void => {
    for (const take of takers) take.call(server, socket)
  }
  server.on('connection', (raw: Socket) => {
    // One that was handed back after an upgrade that nobody took.
    if (raw instanceof TLSSocket) serve(raw)
    else if (!raw.destroyed) secureOne(raw)
  })

  function secureOne(raw: Socket): void {
    const address = raw.remoteAddress ?? ''
    const secure = new TLSSocket(raw, {
      ...{ isServer: true, secureContext: certificate.context, ALPNProtocols: ['http/1.1'] },
    })
    const late = setTimeout(() => secure.destroy(), HANDSHAKE_MS)
    let secured = false
    secure.on('error', () => secure.destroy())
    secure.once('close', () => {
      clearTimeout(late)
      if (!secured && raw.bytesRead > 0) onBroken(address)
    })
    secure.once('secure', () => {
      clearTimeout(late)
      secured = true
      onSecured(raw, secure)
      serve(secure)
    })
  }
}
