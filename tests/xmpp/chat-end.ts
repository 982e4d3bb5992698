import { childOf, textOf, writeXml, type XmlElement } from '@herald/protocol'
import { DOMAIN, type ChatAddress } from '@herald/engines/chat-server'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../services/clock'
import type { State } from '../../services/connection/machine'
import type { OpenSocket, Socket } from '../../services/socket/socket'
import { ChatSession, type ChatAccount } from '../../services/sources/xmpp/chat-session'
import type { ScramKeys } from '../../services/sources/xmpp/scram'
import type { Refusal } from '../../services/sources/xmpp/session'
import { openWithWs } from '../gateway/process/core-client'
import { until } from '../gateway/process/until'
import type { Account } from './both-servers'
import { Line } from './line'

/** The app's own session against a real server, and all that it was told. */
export class ChatEnd {
  readonly session: ChatSession
  readonly #lines: { line: Line; socket: Socket }[] = []
  readonly readies: { jid: string; resumed: boolean }[] = []
  readonly messages: XmlElement[] = []
  readonly sent: string[] = []
  /** What came as text over the sockets. */
  readonly frames: string[] = []
  keys: ScramKeys | undefined
  state: State = { name: 'stopped', code: 0 }
  refusal: Refusal | null = null
  /** Settles what the device stores; by itself it does so at once. */
  storing: (message: XmlElement) => Promise<void> | void = () => undefined
  /** May change what goes to the server. */
  rewrite: (text: string) => string = (text) => text

  constructor({ websocketUrl }: ChatAddress, { user, password }: Account, patch: Partial<ChatAccount> = {}) {
    const account = { url: websocketUrl, domain: DOMAIN, resource: 'phone', user, password, ...patch }
    const open: OpenSocket = (url, handlers, subprotocol) => {
      const line = new Line(handlers)
      const socket = openWithWs(url, line.handlers, subprotocol)
      line.onText = (text) => this.frames.push(text)
      this.#lines.push({ line, socket })
      return {
        close: (code, reason) => {
          socket.close(code, reason)
        },
        send: (text) => {
          if (line.isUp) socket.send(this.rewrite(text))
        },
      }
    }
    this.session = new ChatSession(
      { open, clock: systemClock, random: Math.random, log: () => undefined },
      () => ({ ...account, keys: patch.keys ?? this.keys }),
      {
        ready: (how) => {
          this.readies.push(how)
        },
        stanza: (element) => {
          if (element.name !== 'message') return
          this.messages.push(element)
          return this.storing(element)
        },
        sent: (refs) => {
          this.sent.push(...refs)
        },
        keys: (keys) => {
          this.keys = keys
        },
        state: (state, refusal) => {
          this.state = state
          this.refusal = refusal
        },
      },
    )
    onTestFinished(() => {
      this.session.leave()
      for (const { socket } of this.#lines) socket.close(1000, '')
    })
  }

  /** Connects, and is available. */
  static async signIn(
    server: ChatAddress,
    account: Account,
    patch: Partial<ChatAccount> = {},
  ): Promise<ChatEnd> {
    const end = new ChatEnd(server, account, patch)
    end.session.handle('start')
    await end.readyTimes(1)
    end.session.send(writeXml('presence', { xmlns: 'jabber:client' }))
    return end
  }

  get bodies(): string[] {
    return this.messages.flatMap((message) => {
      const body = childOf(message, 'body')
      return body ? [textOf(body)] : []
    })
  }

  say(to: string, text: string, ref?: string): boolean {
    const body = writeXml('body', {}, text)
    return this.session.send(writeXml('message', { xmlns: 'jabber:client', type: 'chat', to }, body), ref)
  }

  /** The network is gone without a word: the app finds out, and the server holds the socket for open. */
  cut(): void {
    this.#lines.at(-1)?.line.cut()
  }

  readyTimes(times: number): Promise<unknown> {
    return until(
      () => this.readies.length,
      (count) => count >= times,
      `ready ${String(times)} times`,
      30_000,
    )
  }

  stopped(): Promise<unknown> {
    return until(
      () => this.state,
      ({ name }) => name === 'stopped',
      'stopped',
      30_000,
    )
  }

  has(...bodies: string[]): Promise<unknown> {
    return until(
      () => this.bodies,
      (all) => bodies.every((body) => all.includes(body)),
      bodies.join(),
      30_000,
    )
  }
}
