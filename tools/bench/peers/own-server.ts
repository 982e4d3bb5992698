import { once } from 'node:events'
import { join } from 'node:path'
import type { Peer, RunningPeer, Scene } from './peer'
import { ServerProcess } from './server-process'

interface OwnServer extends Pick<Peer, 'name' | 'oneFeedOnly'> {
  readonly program: string
  readonly version: string
}

/** A server of the bench's own, a bundled program beside this one. */
export function ownServer(peer: OwnServer): Peer {
  const { name, program, version, oneFeedOnly = false } = peer
  return {
    name,
    install: 'npm ci',
    oneFeedOnly,
    version: () => version,
    async start({ feeds }: Scene): Promise<RunningPeer> {
      const server = new ServerProcess(process.execPath, [join(import.meta.dirname, `${program}.mjs`)])
      const [port] = (await once(server.child, 'message')) as [number]
      const each = feeds === 'each'
      return {
        ...{ process: server, port },
        subscribers: () => Promise.resolve({ speak: 'plain', prefix: each ? '/sub/' : '/sub/0', each }),
        publishers: { speak: 'http', port, path: each ? '/pub/%' : '/pub/0', headers: [], form: 'text' },
        stop: () => server.stop(),
      }
    },
  }
}
