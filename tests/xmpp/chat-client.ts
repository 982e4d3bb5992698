import { childOf, writeXml, XmlReader, type XmlElement } from '@herald/protocol'
import { DOMAIN, type ChatAddress } from '@herald/engines/chat-server'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { until } from '../gateway/process/until'
import type { Account } from './both-servers'

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const SM = 'urn:xmpp:sm:3'

/** What a device enables push with. */
interface PushAddress {
  readonly jid: string
  readonly node: string
  readonly secret: string
}

/** A client of a test over WebSocket (RFC 7395): as much of one as is needed to be pushed to. */
export class ChatClient {
  readonly stanzas: XmlElement[] = []
  readonly #socket: WebSocket
  #ids = 0
  #handled = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const reader = new XmlReader({
        ...{ mode: 'frame', maxLength: 100_000, maxDepth: 64 },
        onElement: (element) => {
          this.#take(element)
        },
      })
      reader.write(data.toString())
    })
  }

  /** Signs in with stream management, and is available. */
  static async signIn({ websocketUrl }: ChatAddress, { user, password }: Account): Promise<ChatClient> {
    const socket = new WebSocket(websocketUrl, ['xmpp'])
    const client = new ChatClient(socket)
    await once(socket, 'open')
    const open = writeXml('open', { xmlns: FRAMING, to: DOMAIN, version: '1.0' })
    client.send(open)
    await client.received(({ name }) => name === 'features')
    const secret = Buffer.from(`\0${user}\0${password}`).toString('base64')
    client.send(writeXml('auth', { xmlns: 'urn:ietf:params:xml:ns:xmpp-sasl', mechanism: 'PLAIN' }, secret))
    await client.received(({ name }) => name === 'success')
    client.stanzas.length = 0
    client.send(open)
    await client.received(({ name }) => name === 'features')
    await client.ask(writeXml('bind', { xmlns: 'urn:ietf:params:xml:ns:xmpp-bind' }))
    client.send(writeXml('enable', { xmlns: SM, resume: 'true' }))
    await client.received(({ name, ns }) => name === 'enabled' && ns === SM)
    client.send(writeXml('presence', { xmlns: 'jabber:client' }))
    return client
  }

  send(xml: string): void {
    this.#socket.send(xml)
  }

  /** An iq of type `set`, and its answer. Throws for an error. */
  async ask(child: string): Promise<XmlElement> {
    const id = `q${String((this.#ids += 1))}`
    this.send(writeXml('iq', { xmlns: 'jabber:client', type: 'set', id }, child))
    const answer = await this.received(({ name, attrs }) => name === 'iq' && attrs['id'] === id)
    if (answer.attrs['type'] !== 'result') throw new Error(`refused: ${JSON.stringify(answer)}`)
    return answer
  }

  /** Has the server tell an app server what is new while this client is away (XEP-0357 §5). */
  async enablePush({ jid, node, secret }: PushAddress): Promise<void> {
    const field = (name: string, value: string): string =>
      writeXml('field', { var: name }, `<value>${value}</value>`)
    const form = writeXml(
      'x',
      { xmlns: 'jabber:x:data', type: 'submit' },
      field('FORM_TYPE', 'http://jabber.org/protocol/pubsub#publish-options'),
      field('secret', secret),
    )
    await this.ask(writeXml('enable', { xmlns: 'urn:xmpp:push:0', jid, node }, form))
  }

  sendTyping(to: string): void {
    const typing = writeXml('composing', { xmlns: 'http://jabber.org/protocol/chatstates' })
    this.send(writeXml('message', { xmlns: 'jabber:client', type: 'chat', to }, typing))
  }

  sendReceipt(to: string, id: string): void {
    const receipt = writeXml('received', { xmlns: 'urn:xmpp:receipts', id })
    this.send(writeXml('message', { xmlns: 'jabber:client', type: 'chat', to }, receipt))
  }

  sendMessage(to: string, text: string): void {
    this.send(writeXml('message', { xmlns: 'jabber:client', type: 'chat', to }, writeXml('body', {}, text)))
  }

  async received(isIt: (stanza: XmlElement) => boolean): Promise<XmlElement> {
    await until(
      () => this.stanzas,
      (stanzas) => stanzas.some(isIt),
      'a stanza',
      40_000,
    )
    const [found] = this.stanzas.filter(isIt)
    if (!found) throw new Error('a stanza is gone')
    return found
  }

  /** Bodies of messages that have come. */
  get bodies(): (string | XmlElement | undefined)[] {
    return this.stanzas.flatMap((stanza) => {
      const body = stanza.name === 'message' ? childOf(stanza, 'body') : undefined
      return body ? [body.children[0]] : []
    })
  }

  /** The phone is gone: no word to anybody. */
  cut(): void {
    this.#socket.terminate()
  }

  #take(element: XmlElement): void {
    if (element.ns === SM && element.name === 'r') {
      this.send(writeXml('a', { xmlns: SM, h: String(this.#handled) }))
      return
    }
    // What came before is not counted (XEP-0198 §4); Prosody ends a stream that acknowledges more than was sent.
    if (element.ns === SM && element.name === 'enabled') this.#handled = 0
    if (['iq', 'message', 'presence'].includes(element.name)) this.#handled += 1
    this.stanzas.push(element)
  }
}
