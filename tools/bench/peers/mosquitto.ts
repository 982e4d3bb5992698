import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Peer, RunningPeer, Scene } from './peer'
import { findProgram, freePort, ServerProcess, untilListening } from './server-process'

/** Mosquitto, MQTT 3.1.1 at QoS 0: nothing is stored, and a publish is not answered. */
export const mosquitto: Peer = {
  name: 'mosquitto',
  install: 'Debian: npm run setup -- --bench as root, or apt-get install mosquitto',
  version() {
    const program = findProgram('mosquitto')
    if (program === undefined) return undefined
    const said = spawnSync(program, ['-h'], { encoding: 'utf8' }).stdout
    return `mosquitto ${/version ([\d.]+)/.exec(said)?.[1] ?? ''}, QoS 0: nothing stored, publishes not answered`
  },
  async start({ feeds }: Scene): Promise<RunningPeer> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-mosquitto-'))
    const [port, websocketPort] = [await freePort(), await freePort()]
    const file = join(folder, 'mosquitto.conf')
    writeFileSync(
      file,
      `${process.getuid?.() === 0 ? 'user root\n' : ''}allow_anonymous true
persistence false
max_queued_messages 0
set_tcp_nodelay true
log_type error
listener ${port} 127.0.0.1
listener ${websocketPort} 127.0.0.1
protocol websockets
`,
    )
    const server = new ServerProcess(findProgram('mosquitto') ?? 'mosquitto', ['-c', file])
    await untilListening(server, websocketPort)
    const each = feeds === 'each'
    return {
      ...{ process: server, port: websocketPort },
      subscribers: () => Promise.resolve({ speak: 'mqtt', prefix: each ? 'bench/' : 'bench', each }),
      publishers: { speak: 'mqtt', port, path: each ? 'bench/%' : 'bench' },
      async stop() {
        await server.stop()
        rmSync(folder, { recursive: true })
      },
    }
  },
}
