import { createRequire } from 'node:module'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Peer, RunningPeer, Scene } from './peer'
import { ServerProcess } from './server-process'

const require = createRequire(import.meta.url)

/** Socket.IO 4 in a process of its own, websockets only: `io.emit` for a publish. */
export const socketIo: Peer = {
  name: 'socket.io',
  install: 'npm ci',
  version() {
    const { version } = require('socket.io/package.json') as { version: string }
    return `socket.io ${version}, transport websocket, its adapter in memory`
  },
  async start({ feeds }: Scene): Promise<RunningPeer> {
    const server = new ServerProcess(process.execPath, [join(import.meta.dirname, 'fanout-socket-io.mjs')])
    const [port] = (await once(server.child, 'message')) as [number]
    const each = feeds === 'each'
    return {
      ...{ process: server, port },
      subscribers: () => Promise.resolve({ speak: 'socket.io', prefix: 'r', each }),
      publishers: { speak: 'http', port, path: each ? '/pub/r%' : '/pub/all', headers: [], form: 'text' },
      stop: () => server.stop(),
    }
  },
}
