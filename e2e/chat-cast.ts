import type { ChatAddress, ChatServer } from '@herald/engines/chat-server'
import { Ejabberd } from '@herald/engines/ejabberd'
import { Prosody } from '@herald/engines/prosody'
import { newAccount, sendByForeignClient, type Account } from '../tests/xmpp/both-servers'
import { ChatClient } from '../tests/xmpp/chat-client'
import { until } from '../tests/gateway/process/until'

/**
 * Sessions are kept for as long as ejabberd does by itself, so that none ends in the middle. An app that runs answers well within
 * the other time, on a busy machine too.
 */
const TIMES = { ackSeconds: 4, resumeSeconds: 300 }

export const CHAT_SERVERS: readonly (readonly [string, () => Promise<ChatServer>])[] = [
  ['Prosody', () => Prosody.start(TIMES)],
  ['ejabberd', () => Ejabberd.start(TIMES)],
]

/** Those who write to Ann. Each state of her device has a writer of its own, since a push names nothing but who wrote. */
export class ChatCast {
  readonly server: ChatAddress
  readonly ann: Account
  /** Says nothing that may ring. */
  readonly mute: Account
  readonly #mutes: ChatClient
  readonly #writers = new Map<string, Account>()
  #desk: ChatClient | undefined
  #atDesk = 0

  private constructor(server: ChatAddress, ann: Account, mute: Account, mutes: ChatClient) {
    this.server = server
    this.ann = ann
    this.mute = mute
    this.#mutes = mutes
  }

  /** @param states in which somebody will write */
  static async gather(server: ChatAddress, states: readonly string[]): Promise<ChatCast> {
    const [ann, mute] = [await newAccount(server, 'ann'), await newAccount(server, 'mute')]
    const cast = new ChatCast(server, ann, mute, await ChatClient.signIn(server, mute))
    for (const state of states) cast.#writers.set(state, await newAccount(server, state))
    return cast
  }

  /** By go-sendxmpp, behind typing and a receipt of somebody else. Answers how the address of who wrote begins. */
  async write(state: string): Promise<string> {
    const writer = this.#writers.get(state)
    if (!writer) throw new Error(`nobody writes while ${state}`)
    this.#mutes.sendTyping(this.ann.jid)
    this.#mutes.sendReceipt(this.ann.jid, 'what-nobody-sent')
    await sendByForeignClient(this.server, writer, this.ann.jid, textOf(state))
    return nameOf(state)
  }

  /** Ann is signed in on another device too, and writes there. */
  async writeAtDesk(): Promise<void> {
    this.#desk ??= await ChatClient.signIn(this.server, this.ann)
    this.#desk.sendMessage(this.mute.jid, 'her own words')
    this.#atDesk += 1
    await until(
      () => this.#mutes.bodies.length,
      (heard) => heard === this.#atDesk,
      'what was written at the desk',
    )
  }

  leave(): void {
    this.#desk?.cut()
    this.#mutes.cut()
  }

  /** What `count` says of how each address begins: by the writers' states, and of the mute one and of Ann. */
  tally<Count>(count: (name: string) => Count): Record<string, Count> {
    const all = [...this.#writers.keys(), 'mute', 'ann']
    return Object.fromEntries(all.map((name) => [name, count(nameOf(name))]))
  }
}

/** What a writer says. */
export const textOf = (state: string): string => `written while ${state}`

/** Some push services cut a title. */
const nameOf = (state: string): string => `${state}-`
