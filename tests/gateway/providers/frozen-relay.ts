import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A wire between a client and a server that can be cut through without either end noticing. */
export interface FrozenRelay {
  readonly port: number
  /** From now on nothing comes through, and nothing is closed: a half-open connection. New ones work. */
  freeze(): void
  /** Connections that the client has opened. */
  readonly connections: number
  /** Those that the client has not ended. */
  readonly open: number
  close(): Promise<void>
}

export async function startRelay(toPort: number): Promise<FrozenRelay> {
  const pairs: [Socket, Socket][] = []
  const server = createServer((client) => {
    const upstream = connect(toPort, '127.0.0.1')
    pairs.push([client, upstream])
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.length
    },
    get open() {
      return pairs.filter(([client]) => !client.readableEnded && !client.destroyed).length
    },
    freeze: () => {
      for (const [client, upstream] of pairs) {
        client.unpipe().resume()
        upstream.unpipe().resume()
      }
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of pairs.flat()) socket.destroy()
      await closed
    },
  }
}
