import { closeCodes, writeXml, XmlError, type XmlElement } from '@herald/protocol'
import type { Clock } from '../../clock'
import { Connection } from '../../connection/connection'
import type { Event, State } from '../../connection/machine'
import type { Log } from '../../log'
import type { OpenSocket } from '../../socket/socket'
import { Asks } from './asks'
import { readFrame, XMPP_SUBPROTOCOL } from './framing'
import { NS } from './namespaces'
import { bareOf } from './origin'
import { answerChallenge, ScramError, type ScramKeys, type ScramStart } from './scram'
import {
  initialSession,
  type Credentials,
  type Effect,
  type Input,
  type Refusal,
  type Session,
} from './session'
import { step } from './session-machine'
import { askFrame } from './stanzas'

/** How long a quiet stream is left alone, ms: proxies close what is quiet for a minute. */
const HEARTBEAT_MS = 45_000

export interface ChatSessionPorts {
  readonly open: OpenSocket
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
}

/** Where an account is, and what it signs in with. Asked for at each connection. */
export interface ChatAccount extends Omit<Credentials, 'secure'> {
  /** The address of the server's websocket. */
  readonly url: string
}

/** What a session tells the source that uses it. */
export interface ChatSessionHandlers {
  /** Stanzas come and go. `resumed`: nothing was missed; else all has to be set up anew. */
  ready(how: { readonly jid: string; readonly resumed: boolean }): void
  /** A message, a presence or somebody's question. Resolves when the device has it. */
  stanza(element: XmlElement): Promise<void> | void
  /** The server has what was sent under these names. `resumed`: it says so as it takes the session up again, before all that it has kept. */
  sent(refs: readonly string[], resumed: boolean): void
  /** What signs in without the password from now on. */
  keys(keys: ScramKeys): void
  /** How the connection is, and why it was refused. */
  state(state: State, refusal: Refusal | null): void
}

/** By what nobody dials again by himself: a new password lets in, and whoever is looked at takes his place back. */
const codeOf = (why: Refusal): number => (why === 'replaced' ? closeCodes.replaced : closeCodes.token_invalid)

/** Runs the session machine on a connection: one account's stream to its chat server. Holds no rule of its own. */
export class ChatSession {
  readonly #ports: ChatSessionPorts
  readonly #account: () => ChatAccount
  readonly #handlers: ChatSessionHandlers
  readonly #connection: Connection
  readonly #asks: Asks
  #session: Session = initialSession
  #refusal: Refusal | null = null
  #name: State['name'] = 'stopped'
  /** Everything that has come until now is stored. */
  #stored: Promise<unknown> = Promise.resolve()

  constructor(ports: ChatSessionPorts, account: () => ChatAccount, handlers: ChatSessionHandlers) {
    this.#ports = ports
    this.#account = account
    this.#handlers = handlers
    const { open, clock, random } = ports
    this.#asks = new Asks({
      clock,
      random,
      send: (xml) => this.send(xml),
      isOwn: (from) => this.#isOwn(from),
    })
    this.#connection = new Connection(
      { open, clock, random, url: () => account().url, subprotocol: XMPP_SUBPROTOCOL },
      {
        hello: () => {
          this.#input({ type: 'opened' })
        },
        ping: () => {
          this.#ping()
        },
        text: (text) => {
          this.#receive(text)
        },
        state: (state) => {
          this.#stateChanged(state)
        },
      },
    )
  }

  /** What somebody outside tells of the app and of the network. `suspend` closes the socket, and the server keeps the session. */
  handle(
    event: Extract<
      Event['type'],
      'start' | 'stop' | 'renewed' | 'suspend' | 'foreground' | 'networkLost' | 'networkRegained'
    >,
  ): void {
    this.#connection.handle({ type: event })
  }

  get isReady(): boolean {
    return this.#session.phase.name === 'ready'
  }

  /** Ends the session at the server too: nothing is kept there. */
  leave(): void {
    this.#input({ type: 'leave' })
    this.#connection.handle({ type: 'stop' })
  }

  /** Sends a stanza. False: there is no stream, and it is not sent. @param ref to be told what became of it */
  send(xml: string, ref?: string): boolean {
    if (!this.isReady) return false
    this.#input({ type: 'send', outgoing: { xml, ...(ref !== undefined && { ref }) } })
    return true
  }

  /** Asks the server, or whoever `to` is. Rejects with an AskError, also when nothing can be asked now. */
  ask(type: 'get' | 'set', child: string, to?: string): Promise<XmlElement> {
    return this.#asks.ask(type, child, to)
  }

  /** Whoever looks at the app: the server holds back what is not seen (XEP-0352). */
  setActive(active: boolean): void {
    // It is no stanza, and nobody counts it.
    if (this.isReady)
      this.#connection.send(writeXml(active ? 'active' : 'inactive', { xmlns: 'urn:xmpp:csi:0' }))
  }

  #ping(): void {
    const { phase, stream } = this.#session
    if (phase.name !== 'ready') return
    if (stream?.id !== null) this.#connection.send(askFrame())
    else void this.ask('get', writeXml('ping', { xmlns: NS.ping })).then(this.#pong, this.#pong)
  }

  /** Any answer proves that somebody is there; one that does not come is found by the connection. */
  readonly #pong = (): void => {
    this.#connection.handle({ type: 'pong' })
  }

  #receive(text: string): void {
    let element: XmlElement
    try {
      element = readFrame(text)
    } catch (error) {
      if (!(error instanceof XmlError)) throw error
      this.#ports.log('chat.unreadable', { detail: error.message })
      // A frame is one element: behind one that is too large or too deep the next can be read.
      this.#input({ type: 'unreadable', stanza: /^<(?:message|iq|presence)[\s/>]/.test(text) })
      return
    }
    this.#connection.handle({ type: 'heard' })
    this.#input({ type: 'element', element })
  }

  #input(input: Input): void {
    const { url, ...credentials } = this.#account()
    const given = { credentials: { ...credentials, secure: /^wss:/i.test(url) }, nonce: () => this.#nonce() }
    const { session, effects } = step(this.#session, input, given)
    this.#session = session
    for (const effect of effects) this.#run(effect)
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'write':
        this.#connection.send(effect.xml)
        break
      case 'compute':
        void this.#compute(effect.start, effect.challenge)
        break
      case 'ready':
        this.#ready(effect.resumed)
        break
      case 'stanza':
        this.#take(effect.element, effect.count)
        break
      case 'taken':
        this.#handlers.sent(
          effect.outgoing.flatMap(({ ref }) => ref ?? []),
          this.#name !== 'live',
        )
        break
      case 'pong':
        this.#pong()
        break
      case 'refused':
        this.#refusal = effect.why
        this.#connection.handle({ type: 'refused', code: codeOf(effect.why) })
        break
      case 'broken':
        this.#ports.log('chat.broken', { why: effect.why })
        this.#connection.handle({ type: 'broken', reason: 'chat' })
        break
    }
  }

  async #compute(start: ScramStart, challenge: string): Promise<void> {
    const asked = this.#session.phase
    const { password, keys } = this.#account()
    let input: Input
    try {
      const secret = { ...(password !== undefined && { password }), ...(keys && { keys }) }
      const answer = await answerChallenge(start, challenge, secret)
      if (this.#session.phase === asked && answer.keys !== keys) this.#handlers.keys(answer.keys)
      input = { type: 'answered', message: answer.message, signature: answer.serverSignature }
    } catch (error) {
      this.#ports.log('chat.challenge', { detail: String(error) })
      if (!(error instanceof ScramError)) {
        // What computes it could not be loaded: that may pass.
        this.#connection.handle({ type: 'broken', reason: 'chat' })
        return
      }
      input = { type: 'unanswered', why: password === undefined && keys ? 'password' : 'distrust' }
    }
    // Another socket may be open by now, with a challenge of its own.
    if (this.#session.phase === asked) this.#input(input)
  }

  #ready(resumed: boolean): void {
    const { stream } = this.#session
    this.#refusal = null
    if (!resumed) this.#asks.drop()
    this.#connection.handle({ type: 'welcomed', heartbeatMs: HEARTBEAT_MS })
    if (stream) this.#handlers.ready({ jid: stream.jid, resumed })
  }

  #take(element: XmlElement, count: number): void {
    const life = this.#session.stream?.life ?? 0
    const stored = this.#asks.answers(element) ? undefined : this.#handlers.stanza(element)
    // What comes in between is stored with what came before it: the server's count knows no holes.
    const before = this.#stored
    this.#stored = Promise.all([before, stored]).then(() => {
      this.#input({ type: 'stored', life, count })
    })
  }

  #stateChanged(state: State): void {
    const wasLive = this.#name === 'live'
    this.#name = state.name
    if (state.name !== 'live' && (wasLive || state.name !== 'connecting')) this.#input({ type: 'closed' })
    if (state.name === 'stopped') this.#asks.drop()
    this.#handlers.state(state, state.name === 'stopped' ? this.#refusal : null)
  }

  /** Whether an address is this account's, or its server's. */
  #isOwn(address: string): boolean {
    const { user, domain } = this.#account()
    return [domain, `${user}@${domain}`].some((own) => bareOf(address) === own.toLowerCase())
  }

  #nonce(): string {
    return Array.from({ length: 4 }, () => this.#ports.random().toString(36).slice(2)).join('')
  }
}
