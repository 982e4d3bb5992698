import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeLocalCertificate } from '@herald/push-fakes/certificate'
import {
  COMPONENT,
  COMPONENT_SECRET,
  DEFAULT_TIMES,
  DOMAIN,
  ROOMS,
  type ChatAddress,
  type ChatServer,
  type ChatTimes,
} from './chat-server'
import { CHAT_MISSING, findProgram } from './find.mjs'
import { freePorts, isOpen } from './ports'
import { newServerFolder, ServerProcess } from './server-process'

const MODULES = [
  ...['roster', 'saslauth', 'tls', 'disco', 'blocklist', 'bookmarks', 'carbons', 'pep', 'private', 'smacks'],
  ...['csi_simple', 'ping', 'time', 'mam', 'websocket', 'cloud_notify'],
]

const CONFIG = 'prosody.cfg.lua'

interface Ports {
  readonly clients: number
  readonly http: number
  readonly components: number
}

/** A Prosody as Debian 12 ships it. Passwords are kept for SCRAM-SHA-1. */
export class Prosody implements ChatServer {
  readonly address: ChatAddress
  readonly #folder: string
  readonly #process: ServerProcess

  private constructor(folder: string, { clients, http, components }: Ports) {
    this.#folder = folder
    this.address = {
      ...{ name: 'prosody', clientPort: clients, componentPort: components },
      websocketUrl: `ws://127.0.0.1:${String(http)}/xmpp-websocket`,
      accounts: join(folder, CONFIG),
    }
    const path = findProgram('prosody')
    if (path === undefined) throw new Error(CHAT_MISSING)
    this.#process = new ServerProcess({
      ...{ path, args: ['-F', '--config', join(folder, CONFIG)], folder },
      isReady: async () => (await Promise.all([clients, http, components].map(isOpen))).every(Boolean),
    })
  }

  static async start(times: ChatTimes = {}): Promise<Prosody> {
    const folder = newServerFolder('prosody')
    const [clients = 0, http = 0, components = 0] = await freePorts(3)
    const ports = { clients, http, components }
    const server = new Prosody(folder, ports)
    mkdirSync(join(folder, 'data'))
    const { key, cert } = makeLocalCertificate()
    writeFileSync(join(folder, 'key.pem'), key)
    writeFileSync(join(folder, 'cert.pem'), cert)
    writeFileSync(join(folder, CONFIG), configOf(folder, ports, { ...DEFAULT_TIMES, ...times }))
    await server.run()
    return server
  }

  get log(): string {
    return this.#process.log
  }

  /** It writes a file before it answers. */
  untilKept(): Promise<void> {
    return Promise.resolve()
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  run(): Promise<void> {
    return this.#process.run()
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Times of its own are 30 s for an ack and 600 s for a session (mod_smacks). */
const configOf = (
  folder: string,
  ports: Ports,
  { ackSeconds, resumeSeconds }: Required<ChatTimes>,
): string => `
daemonize = false
run_as_root = true
data_path = "${folder}/data"
pidfile = "${folder}/prosody.pid"
log = { warn = "*console" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${String(ports.clients)} }
http_ports = { ${String(ports.http)} }
http_interfaces = { "127.0.0.1" }
https_ports = {}
http_default_host = "${DOMAIN}"
component_ports = { ${String(ports.components)} }
component_interfaces = { "127.0.0.1" }
consider_websocket_secure = true
authentication = "internal_hashed"
storage = "internal"
ssl = { key = "${folder}/key.pem", certificate = "${folder}/cert.pem" }
modules_enabled = { ${MODULES.map((name) => `"${name}"`).join('; ')} }
modules_disabled = { "s2s" }
smacks_max_ack_delay = ${String(ackSeconds)}
smacks_hibernation_time = ${String(resumeSeconds)}
push_max_errors = 3
push_notification_with_sender = true
default_archive_policy = true
VirtualHost "${DOMAIN}"
Component "${ROOMS}" "muc"
  modules_enabled = { "muc_mam" }
Component "${COMPONENT}"
  component_secret = "${COMPONENT_SECRET}"
`
