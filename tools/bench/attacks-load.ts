// The stranger of tools/bench/attacks.ts, in a process of its own: attacks again and again until it is told to stop.
import { connect, type Socket } from 'node:net'
import { attacks } from '../../tests/gateway/hostile/attacks'

/** What is attacked, and how. */
export interface AttackOrder {
  readonly port: number
  readonly name: string
  /** The address that it comes from. */
  readonly from: string
}

const ignore = (): void => {
  // The gateway cuts whoever attacks it.
}

/** One round of the attack; what it held is let go with it. */
async function attackOnce({ port, name, from }: AttackOrder): Promise<void> {
  const sockets: Socket[] = []
  await attacks[name]?.({
    async connect() {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true })
      sockets.push(socket.on('error', ignore))
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
      return socket
    },
  })
  for (const socket of sockets) socket.destroy()
}

process.on('message', (order: AttackOrder) => {
  void (async () => {
    for (;;) {
      await attackOnce(order)
      process.send?.('again')
    }
  })()
})
