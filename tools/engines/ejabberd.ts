import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
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

/** Where Debian has ejabberd's modules for Erlang. */
const LIBRARIES = '/usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu'

const LOOK_MS = 100
const KEPT_WITHIN_MS = 60_000

interface Ports {
  readonly clients: number
  readonly http: number
  readonly components: number
}

/**
 * An ejabberd as Debian 12 ships it, by Erlang itself: the control script wants to be root or one certain user, and a node
 * that has no name needs no port mapper. Passwords are kept for SCRAM-SHA-256.
 */
export class Ejabberd implements ChatServer {
  readonly address: ChatAddress
  readonly #folder: string
  readonly #process: ServerProcess

  private constructor(folder: string, { clients, http, components }: Ports) {
    this.#folder = folder
    this.address = {
      ...{ name: 'ejabberd', clientPort: clients, componentPort: components },
      websocketUrl: `ws://127.0.0.1:${String(http)}/ws`,
      accounts: `http://127.0.0.1:${String(http)}/api`,
    }
    const path = findProgram('erl')
    if (path === undefined) throw new Error(CHAT_MISSING)
    // One scheduler, which sleeps when it has nothing to do: tests of others run beside it.
    const args = ['+S', '1:1', '+sbwt', 'none', '-noinput', '-mnesia', 'dir', `"${folder}/spool"`]
    // By itself a table is written after a thousand changes or three minutes, and a kill before that loses accounts.
    args.push('dump_log_write_threshold', '1')
    this.#process = new ServerProcess({
      ...{ path, args: [...args, '-s', 'ejabberd'], folder },
      env: {
        ERL_LIBS: LIBRARIES,
        EJABBERD_CONFIG_PATH: join(folder, 'ejabberd.yml'),
        EJABBERD_LOG_PATH: join(folder, 'logs', 'ejabberd.log'),
      },
      isReady: async () => (await Promise.all([clients, http, components].map(isOpen))).every(Boolean),
    })
  }

  static async start(times: ChatTimes = {}): Promise<Ejabberd> {
    const folder = newServerFolder('ejabberd')
    const [clients = 0, http = 0, components = 0] = await freePorts(3)
    const ports = { clients, http, components }
    const server = new Ejabberd(folder, ports)
    for (const name of ['spool', 'logs']) mkdirSync(join(folder, name))
    const { key, cert } = makeLocalCertificate()
    writeFileSync(join(folder, 'certificate.pem'), cert + key)
    writeFileSync(join(folder, 'ejabberd.yml'), configOf(folder, ports, { ...DEFAULT_TIMES, ...times }))
    await server.run()
    return server
  }

  get log(): string {
    return this.#process.log
  }

  /** A table's files are written a moment after its change was answered. */
  async untilKept(user: string): Promise<void> {
    const spool = join(this.#folder, 'spool')
    const isThere = (): boolean =>
      readdirSync(spool).some(
        (name) => name.startsWith('passwd.') && readFileSync(join(spool, name)).includes(user),
      )
    for (let waited = 0; !isThere(); waited += LOOK_MS) {
      if (waited > KEPT_WITHIN_MS) throw new Error(`ejabberd does not write ${user} to its disk`)
      await pause(LOOK_MS)
    }
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

/**
 * Times of its own are 60 s for an ack and 300 s for a session (mod_stream_mgmt). mod_pubsub does not start without
 * mod_caps.
 */
const configOf = (
  folder: string,
  ports: Ports,
  { ackSeconds, resumeSeconds }: Required<ChatTimes>,
): string => `
hosts: [${DOMAIN}]
loglevel: warning
certfiles: ["${folder}/certificate.pem"]
auth_password_format: scram
auth_scram_hash: sha256
listen:
  - {port: ${String(ports.clients)}, ip: 127.0.0.1, module: ejabberd_c2s, starttls: true, access: c2s}
  - {port: ${String(ports.http)}, ip: 127.0.0.1, module: ejabberd_http,
     request_handlers: {/ws: ejabberd_http_ws, /api: mod_http_api}}
  - {port: ${String(ports.components)}, ip: 127.0.0.1, module: ejabberd_service, access: all,
     hosts: {${COMPONENT}: {password: ${COMPONENT_SECRET}}}}
access_rules:
  local: {allow: all}
  c2s: {allow: all}
  muc_create: {allow: all}
  pubsub_createnode: {allow: all}
api_permissions:
  tests: {who: [{ip: 127.0.0.1/8}], what: ['*']}
modules:
  mod_admin_extra: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_client_state: {}
  mod_disco: {}
  mod_http_api: {}
  mod_mam: {default: always}
  mod_muc: {host: ${ROOMS}, access: [allow], access_create: muc_create, default_room_options: {mam: true}}
  mod_offline: {}
  mod_ping: {}
  mod_pubsub: {plugins: [flat, pep], access_createnode: pubsub_createnode}
  mod_push: {include_sender: true}
  mod_push_keepalive: {}
  mod_roster: {}
  mod_stream_mgmt:
    {resume_timeout: ${String(resumeSeconds)}, ack_timeout: ${String(ackSeconds)}, resend_on_timeout: if_offline}
`
