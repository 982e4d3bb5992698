import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import type { Breaches } from './breaches'
import { Certificate } from './certificate'
import type { Config } from './config'
import { openRedirect } from './https-redirect'
import { secureConnections } from './secure-connections'

interface Surroundings {
  readonly config: Pick<Config, 'tls' | 'publicUrl'>
  /** A connection is secured, and its TLS socket goes on in its place. */
  readonly onSecured: (raw: Socket, secure: TLSSocket) => void
  readonly breaches: Pick<Breaches, 'note'>
  /** Bounds what strangers may do at the port that sends on to https, as at the gateway's own. */
  readonly guardRedirect: (redirect: Server) => void
  readonly logger: Logger
  readonly now: () => number
}

/** The gateway's own TLS. */
export interface Tls {
  /** Where people reach the gateway: by the setting, else by what its certificate names; undefined without both. */
  publicUrl(): string | undefined
  /** Sends plain http on to https, on a port of its own, where the settings name one. */
  redirect(address: string): Promise<void>
  stop(): void
}

/** Lets the server take TLS alone, when the settings have a certificate. Call it before anybody listens to connections. */
export function openTls(server: Server, surroundings: Surroundings): Tls {
  const { config, onSecured, breaches, guardRedirect, logger, now } = surroundings
  const { tls, publicUrl } = config
  if (tls === undefined)
    return { publicUrl: () => publicUrl, redirect: () => Promise.resolve(), stop: () => undefined }
  const certificate = new Certificate(tls, logger, now)
  secureConnections(server, {
    certificate,
    onSecured,
    onBroken: (address) => {
      breaches.note(address)
    },
  })
  const port = (): number => (server.address() as AddressInfo).port
  const redirect = openRedirect({ publicUrl, port })
  guardRedirect(redirect)
  return {
    publicUrl: () => publicUrl ?? certificate.urlAt(port()),
    async redirect(address) {
      if (tls.redirectPort === undefined) return
      redirect.listen(tls.redirectPort, address)
      await once(redirect, 'listening')
    },
    stop() {
      certificate.stop()
      redirect.close()
      redirect.closeAllConnections()
    },
  }
}
