import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Peer, RunningPeer, Scene } from './peer'
import { findProgram, freePort, ServerProcess, untilListening } from './server-process'

/** NATS, core publish-subscribe: nothing is stored, and a publish is not answered. */
export const nats: Peer = {
  name: 'nats',
  install: 'Debian: npm run setup -- --bench as root, or apt-get install nats-server',
  version() {
    const program = findProgram('nats-server')
    if (program === undefined) return undefined
    const said = spawnSync(program, ['-v'], { encoding: 'utf8' }).stdout
    return `${said.trim()}, core NATS: nothing stored, publishes not answered`
  },
  async start({ feeds }: Scene): Promise<RunningPeer> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-nats-'))
    const [port, websocketPort] = [await freePort(), await freePort()]
    const file = join(folder, 'nats.conf')
    writeFileSync(
      file,
      `listen: "127.0.0.1:${port}"
max_connections: 100000
log_file: "${folder}/nats.log"
websocket { listen: "127.0.0.1:${websocketPort}", no_tls: true, compression: false }
`,
    )
    const server = new ServerProcess(findProgram('nats-server') ?? 'nats-server', ['-c', file])
    await untilListening(server, websocketPort)
    const each = feeds === 'each'
    return {
      ...{ process: server, port: websocketPort },
      subscribers: () => Promise.resolve({ speak: 'nats', prefix: each ? 'bench.' : 'bench', each }),
      publishers: { speak: 'nats', port, path: each ? 'bench.%' : 'bench' },
      async stop() {
        await server.stop()
        rmSync(folder, { recursive: true })
      },
    }
  },
}
