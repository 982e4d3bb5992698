import { childrenOf, textOf, XmlError, XmlReader, writeXml, type XmlElement } from '@herald/protocol'
import { createHash } from 'node:crypto'
import { BlockList, connect, isIPv6, type Socket } from 'node:net'
import type { ComponentSettings } from '../process/chat-settings'

/** The namespace of components (XEP-0114). */
export const COMPONENT_NS = 'jabber:component:accept'

const STREAMS_NS = 'http://etherx.jabber.org/streams'

/** A connection that is not accepted within this is given up (ms). */
const HANDSHAKE_MS = 10_000

/** What may be in one stanza: its server sends hundreds of characters. */
const MAX_LENGTH = 65_536
const MAX_DEPTH = 32

/** What the server does not take is not kept without end, bytes. */
const MAX_UNSENT = 4 * 1024 * 1024

/** Why a connection ended, in words for an operator. */
export interface StreamEnd {
  /** The stream's error as the server named it (`conflict`, `not-authorized` …), or one of ours. */
  readonly code: string
  readonly detail: string
}

interface StreamHandlers {
  /** The server takes the gateway for its component. */
  readonly up: () => void
  readonly stanza: (element: XmlElement) => void
  readonly ended: (end: StreamEnd) => void
}

const privateNetworks = new BlockList()
for (const [address, prefix] of [
  ...([
    ['127.0.0.0', 8],
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const),
  ...([
    ['169.254.0.0', 16],
    ['100.64.0.0', 10],
  ] as const),
])
  privateNetworks.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of [
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
] as const)
  privateNetworks.addSubnet(address, prefix, 'ipv6')

/** Whether an address is this machine's or one of a private network. */
export const isPrivate = (address: string): boolean =>
  privateNetworks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/** One connection to a chat server as its component (XEP-0114): it opens at once, and ends once. */
export class ComponentStream {
  readonly #settings: ComponentSettings
  readonly #handlers: StreamHandlers
  readonly #socket: Socket
  readonly #reader: XmlReader
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #timer: NodeJS.Timeout
  #isUp = false
  #end: StreamEnd | undefined

  constructor(settings: ComponentSettings, handlers: StreamHandlers) {
    this.#settings = settings
    this.#handlers = handlers
    this.#reader = new XmlReader({
      ...{ mode: 'stream', maxLength: MAX_LENGTH, maxDepth: MAX_DEPTH },
      onOpen: (root) => {
        this.#greet(root)
      },
      onElement: (element) => {
        this.#take(element)
      },
      onEnd: () => {
        this.#fail('closed', 'the server closed the stream')
      },
    })
    this.#timer = setTimeout(() => {
      this.#fail('timeout', `no answer within ${String(HANDSHAKE_MS / 1000)} s`)
    }, HANDSHAKE_MS)
    const { host, port } = settings.server
    this.#socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 })
    this.#listen()
  }

  /** Sends a stanza, which may be lost with the connection. */
  send(xml: string): void {
    if (this.#end) return
    this.#socket.write(xml)
    if (this.#socket.writableLength > MAX_UNSENT) this.#fail('slow', 'the server reads too slowly')
  }

  /** Whether what the server sends is taken off the network; what is not waits there. */
  read(goesOn: boolean): void {
    if (goesOn) this.#socket.resume()
    else this.#socket.pause()
  }

  /** Says goodbye, once what was sent is on its way. */
  close(): void {
    if (this.#end) return
    this.#end = { code: 'closed', detail: 'closed by the gateway' }
    clearTimeout(this.#timer)
    this.#socket.end('</stream:stream>')
    this.#socket.setTimeout(1000, () => this.#socket.destroy())
  }

  /** Ends a connection that is of no use. */
  abort(code: string, detail: string): void {
    this.#fail(code, detail)
  }

  #listen(): void {
    this.#socket.on('connect', () => {
      const address = this.#socket.remoteAddress ?? ''
      if (!this.#settings.public && !isPrivate(address)) {
        this.#fail(
          'public_address',
          `${address} is in no private network, and nothing on the way is encrypted`,
        )
        return
      }
      this.#socket.write(
        `<?xml version='1.0'?><stream:stream xmlns='${COMPONENT_NS}' xmlns:stream='${STREAMS_NS}' to='${this.#settings.name}'>`,
      )
    })
    this.#socket.on('data', (bytes: Buffer) => {
      this.#read(bytes)
    })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(error.code ?? 'network', error.message)
    })
    this.#socket.on('close', () => {
      this.#fail('closed', 'the connection was closed')
    })
  }

  #read(bytes: Buffer): void {
    if (this.#end) return
    try {
      this.#reader.write(this.#decoder.decode(bytes, { stream: true }))
    } catch (error) {
      if (!(error instanceof XmlError) && !(error instanceof TypeError)) throw error
      this.#fail('bad_xml', error.message)
    }
  }

  #greet({ name, ns, attrs }: XmlElement): void {
    const id = attrs['id']
    if (name !== 'stream' || ns !== STREAMS_NS || id === undefined) {
      this.#fail('no_component_port', 'this is no port for components')
      return
    }
    const digest = createHash('sha1')
      .update(id + this.#settings.secret)
      .digest('hex')
    this.send(writeXml('handshake', {}, digest))
  }

  #take(element: XmlElement): void {
    if (this.#end) return
    if (element.name === 'error' && element.ns === STREAMS_NS) {
      const [condition] = childrenOf(element)
      const text = childrenOf(element).find(({ name }) => name === 'text')
      this.#fail(condition?.name ?? 'undefined-condition', text === undefined ? 'stream error' : textOf(text))
      return
    }
    if (this.#isUp) {
      this.#handlers.stanza(element)
      return
    }
    if (element.name !== 'handshake') return
    this.#isUp = true
    clearTimeout(this.#timer)
    this.#handlers.up()
  }

  #fail(code: string, detail: string): void {
    if (this.#end) {
      this.#socket.destroy()
      return
    }
    this.#end = { code, detail }
    clearTimeout(this.#timer)
    this.#socket.destroy()
    this.#handlers.ended(this.#end)
  }
}
