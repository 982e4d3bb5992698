import type { ChatAddress } from '@herald/engines/chat-server'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { until } from '../gateway/process/until'
import type { Account } from './both-servers'

/** Debian's own: slixmpp is a package of the system. */
const PYTHON = '/usr/bin/python3'

interface Heard {
  readonly what: 'ready' | 'body' | 'receipt' | 'displayed' | 'entered' | 'said'
  readonly text: string
  readonly id: string
}

/** slixmpp: a client that others wrote, which has receipts and markers. */
export class ForeignClient {
  readonly heard: Heard[] = []
  readonly #say: (order: object) => void
  #complaint = ''

  private constructor({ clientPort }: ChatAddress, { jid, password }: Account) {
    const script = join(import.meta.dirname, 'slixmpp-client.py')
    const child = spawn(PYTHON, [script, jid, password, String(clientPort)], { stdio: 'pipe' })
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.heard.push(JSON.parse(line) as Heard)
    })
    child.stderr.on('data', (bytes: Buffer) => {
      this.#complaint += bytes.toString()
    })
    this.#say = (order) => child.stdin.write(`${JSON.stringify(order)}\n`)
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
  }

  static async signIn(server: ChatAddress, account: Account): Promise<ForeignClient> {
    const client = new ForeignClient(server, account)
    await client.hears({ what: 'ready' })
    return client
  }

  send(to: string, body: string, id: string): void {
    this.#say({ to, body, id })
  }

  /** Puts other words in the place of a message (XEP-0308). */
  correct(to: string, replaced: string, body: string, id: string): void {
    this.#say({ to, body, id, replaced })
  }

  /** Takes a message back (XEP-0424, in the form of its version 0.3). */
  recall(to: string, recalled: string): void {
    this.#say({ to, recalled })
  }

  /** Enters a room, or makes it. */
  async enter(room: string, nick: string): Promise<void> {
    this.#say({ to: room, nick })
    await this.hears({ what: 'entered', text: room })
  }

  sendToRoom(room: string, body: string, id: string): void {
    this.#say({ room, body, id })
  }

  sayDisplayed(to: string, id: string): void {
    this.#say({ to, displayed: id })
  }

  async hears(wanted: Partial<Heard>): Promise<Heard> {
    const isIt = (one: Heard): boolean =>
      Object.entries(wanted).every(([key, value]) => one[key as keyof Heard] === value)
    const all = await until(
      () => this.heard,
      (heard) => heard.some(isIt),
      `${JSON.stringify(wanted)} ${this.#complaint}`,
      40_000,
    )
    const [found] = all.filter(isIt)
    if (!found) throw new Error(this.#complaint)
    return found
  }
}
