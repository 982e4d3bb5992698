import { childOf, childrenOf, escapeXml, textOf, writeXml, type XmlElement } from '@herald/protocol'
import type { OpenSocket, SocketHandlers } from '@/services/socket/socket'
import { readFrame } from '@/services/sources/xmpp/framing'
import { NS } from '@/services/sources/xmpp/namespaces'

export const ANN = 'ann@chat.example'
export const BOB = 'bob@chat.example'

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing'
const FORWARD = 'urn:xmpp:forward:0'
const DELAY = 'urn:xmpp:delay'

/** What servers do differently, and what a run is made of. */
export interface Ways {
  /** In [0, 1): whose turn it is. */
  readonly random: () => number
  readonly now: () => number
  /** Brings what came while nobody was there, beside the archive, as ejabberd does. */
  readonly keepsOffline: boolean
}

/** One socket, with what is on its way in either direction. A cut loses all of it. */
interface Wire {
  readonly handlers: SocketHandlers
  readonly toClient: (() => void)[]
  readonly toServer: string[]
  isUp: boolean
  isSignedIn: boolean
  session: Session | null
}

/** A stream that can be resumed (XEP-0198). */
interface Session {
  readonly id: string
  readonly resource: string
  wire: Wire | null
  isCounting: boolean
  isAvailable: boolean
  /** Stanzas of the client that were handled. */
  handled: number
  /** Stanzas for the client that it has acknowledged, and those behind them. */
  acked: number
  queue: string[]
}

interface Kept {
  readonly id: string
  readonly stamp: number
  readonly xml: string
}

/**
 * The chat server of one account, Ann's, with Bob beyond it: RFC 7395, resume, carbons, archive and markers, as Prosody and
 * ejabberd do them. Script it by `say`, `markAll`, `cut`, `expire`, `restart`; `step` moves one frame of some socket, or
 * answers false when none is on its way.
 */
export class ModelChatServer {
  /** What Bob has got: id and body. */
  readonly got: { readonly id: string; readonly body: string }[] = []
  /** Names of the nodes whose items were asked for. */
  readonly nodesAsked: string[] = []
  /** It answers nothing that is asked of its archive, until `answerLate`. */
  isSlow = false
  readonly #ways: Ways
  readonly #wires: Wire[] = []
  readonly #archive: Kept[] = []
  readonly #markers = new Map<string, string>()
  #sessions: Session[] = []
  #offline: string[] = []
  /** What it was asked while it was slow. */
  #unanswered: (() => void)[] = []
  #count = 0

  constructor(ways: Ways) {
    this.#ways = ways
  }

  readonly open: OpenSocket = (_url, handlers) => {
    const wire: Wire = {
      ...{ handlers, toClient: [], toServer: [], isUp: true, isSignedIn: false, session: null },
    }
    this.#wires.push(wire)
    wire.toClient.push(() => {
      handlers.open()
    })
    return {
      send: (text) => {
        if (wire.isUp) wire.toServer.push(text)
      },
      close: () => {
        this.#drop(wire)
      },
    }
  }

  /** Moves one frame. */
  step(): boolean {
    const lines = this.#wires.flatMap((wire) =>
      wire.isUp
        ? [
            { queue: wire.toClient, move: () => wire.toClient.shift()?.() },
            {
              queue: wire.toServer,
              move: () => {
                this.#take(wire, wire.toServer.shift() ?? '')
              },
            },
          ]
        : [],
    )
    const busy = lines.filter(({ queue }) => queue.length > 0)
    const line = busy[Math.floor(this.#ways.random() * busy.length)]
    line?.move()
    return line !== undefined
  }

  /** Bob writes to Ann. */
  say(body: string): void {
    this.#deliver(writeXml('body', {}, escapeXml(body)), `bob-${this.#newId()}`)
  }

  /** Somebody's stanza, as it is, to one of Ann's devices. */
  bring(xml: string): void {
    const [session] = this.#sessions
    if (session) this.#route(session, xml)
  }

  /** Bob's device has shown all that it has got. */
  markAll(kind: 'received' | 'displayed'): void {
    const last = this.got.at(-1)
    const xmlns = kind === 'received' ? NS.receipts : NS.markers
    if (last) this.#deliver(writeXml(kind, { xmlns, id: last.id }), `bob-${this.#newId()}`)
  }

  /** The network of a device is gone without a word. */
  cut(resource: string): void {
    for (const wire of this.#wires)
      if (wire.session?.resource === resource || wire.session === null) this.#drop(wire)
  }

  /** Sessions without a socket are over. */
  expire(): void {
    this.#sessions = this.#sessions.filter(({ wire }) => wire !== null)
  }

  /** Nothing is left but what is on its disk. */
  restart(): void {
    for (const wire of this.#wires) this.#drop(wire)
    this.#sessions = []
    this.#unanswered = []
  }

  /** What was asked of its archive is answered now, by what it has by now. */
  answerLate(): void {
    for (const answer of this.#unanswered.splice(0)) answer()
  }

  #newId(): string {
    return String((this.#count += 1))
  }

  #drop(wire: Wire): void {
    if (!wire.isUp) return
    wire.isUp = false
    if (wire.session?.wire === wire) wire.session.wire = null
    wire.handlers.closed(1006, '')
  }

  #send(wire: Wire, xml: string): void {
    wire.toClient.push(() => {
      wire.handlers.message(xml)
    })
  }

  /** A stanza for a device: now, or when it is back. */
  #route(session: Session, xml: string): void {
    const { wire } = session
    if (session.isCounting) {
      const stamp = new Date(this.#ways.now()).toISOString()
      const late = writeXml('delay', { xmlns: DELAY, from: 'chat.example', stamp })
      // Whoever is not there is told when it was.
      session.queue.push(wire ? xml : xml.replace(/<\/message>$/, `${late}</message>`))
    }
    if (!wire) return
    this.#send(wire, xml)
    if (session.isCounting) this.#send(wire, writeXml('r', { xmlns: NS.management }))
  }

  #take(wire: Wire, text: string): void {
    const element = readFrame(text)
    const { name, ns, attrs } = element
    if (ns === FRAMING) {
      if (name === 'open') this.#greet(wire)
      else this.#drop(wire)
    } else if (ns === NS.sasl) {
      wire.isSignedIn = true
      this.#send(wire, writeXml('success', { xmlns: NS.sasl }))
    } else if (ns === NS.management) this.#manage(wire, element)
    else if (ns === NS.client && wire.session) {
      if (wire.session.isCounting) wire.session.handled += 1
      if (name === 'iq') this.#answer(wire.session, element)
      if (name === 'presence') this.#appear(wire.session, attrs['type'])
      if (name === 'message') this.#pass(wire.session, element)
    } else if (name === 'iq') this.#bind(wire, element)
  }

  #greet(wire: Wire): void {
    this.#send(wire, writeXml('open', { xmlns: FRAMING }))
    const content = wire.isSignedIn
      ? [writeXml('bind', { xmlns: NS.bind }), writeXml('sm', { xmlns: NS.management })]
      : [writeXml('mechanisms', { xmlns: NS.sasl }, writeXml('mechanism', {}, 'PLAIN'))]
    this.#send(wire, writeXml('stream:features', { 'xmlns:stream': NS.stream }, ...content))
  }

  #bind(wire: Wire, iq: XmlElement): void {
    const bind = childOf(iq, 'bind', NS.bind)
    const resource = bind && childOf(bind, 'resource')
    const name = resource ? textOf(resource) : ''
    // Its place is taken: what was there before is over.
    for (const { resource: taken, wire: old } of this.#sessions) if (taken === name && old) this.#drop(old)
    this.#sessions = this.#sessions.filter(({ resource: taken }) => taken !== name)
    const session: Session = {
      ...{ id: this.#newId(), resource: name, wire, isCounting: false, isAvailable: false },
      ...{ handled: 0, acked: 0, queue: [] },
    }
    this.#sessions.push(session)
    wire.session = session
    const jid = writeXml('jid', {}, `${ANN}/${name}`)
    const answer = writeXml('bind', { xmlns: NS.bind }, jid)
    this.#send(wire, writeXml('iq', { xmlns: NS.client, type: 'result', id: iq.attrs['id'] }, answer))
  }

  #manage(wire: Wire, { name, attrs }: XmlElement): void {
    const { session } = wire
    if (name === 'resume') this.#resume(wire, attrs['previd'] ?? '', Number(attrs['h']))
    if (!session) return
    if (name === 'enable') {
      session.isCounting = true
      this.#send(wire, writeXml('enabled', { xmlns: NS.management, id: session.id, resume: 'true' }))
    }
    if (name === 'r') this.#send(wire, writeXml('a', { xmlns: NS.management, h: String(session.handled) }))
    if (name === 'a') this.#acked(session, Number(attrs['h']))
  }

  #acked(session: Session, h: number): void {
    if (h < session.acked || h > session.acked + session.queue.length)
      throw new Error(`acknowledged ${String(h)} of ${String(session.acked + session.queue.length)}`)
    session.queue.splice(0, h - session.acked)
    session.acked = h
  }

  #resume(wire: Wire, id: string, h: number): void {
    const session = this.#sessions.find((one) => one.id === id)
    if (!session) {
      const missing = writeXml('item-not-found', { xmlns: NS.stanzaErrors })
      this.#send(wire, writeXml('failed', { xmlns: NS.management }, missing))
      return
    }
    if (session.wire) this.#drop(session.wire)
    session.wire = wire
    wire.session = session
    this.#acked(session, h)
    const handled = String(session.handled)
    this.#send(wire, writeXml('resumed', { xmlns: NS.management, previd: id, h: handled }))
    for (const xml of session.queue) this.#send(wire, xml)
    this.#send(wire, writeXml('r', { xmlns: NS.management }))
  }

  #appear(session: Session, type: string | undefined): void {
    session.isAvailable = type !== 'unavailable'
    if (!session.isAvailable) return
    for (const xml of this.#offline) this.#route(session, xml)
    this.#offline = []
    const [last] = [...this.#markers].slice(-1)
    if (last) this.#route(session, writeEvent(...last))
  }

  #answer(session: Session, iq: XmlElement): void {
    const { id, type } = iq.attrs
    const [child] = childrenOf(iq).filter(({ ns }) => ns !== NS.client)
    if (type !== 'get' && type !== 'set') return
    if (this.isSlow && child?.ns === NS.archive) this.#unanswered.push(() => this.#reply(session, id, child))
    else this.#reply(session, id, child)
  }

  #reply(session: Session, id: string | undefined, child: XmlElement | undefined): void {
    const content =
      child?.ns === NS.archive
        ? this.#search(session, child)
        : child?.ns === NS.pubsub
          ? this.#pubsub(child)
          : ''
    const to = `${ANN}/${session.resource}`
    this.#route(session, `<iq xmlns="${NS.client}" type="result" id="${id ?? ''}" to="${to}">${content}</iq>`)
  }

  #search(session: Session, query: XmlElement): string {
    const form = childOf(query, 'x', NS.forms)
    const fields = form ? childrenOf(form, 'field') : []
    const field = (name: string): string | undefined => {
      const value = fields.flatMap((one) => (one.attrs['var'] === name ? childrenOf(one, 'value') : []))[0]
      return value && textOf(value)
    }
    const set = childOf(query, 'set', NS.resultSets)
    const page = (name: string): string | undefined => {
      const value = set && childOf(set, name)
      return value && textOf(value)
    }
    const max = Number(page('max'))
    const start = Date.parse(field('start') ?? '1970-01-01T00:00:00Z')
    const [after, before] = [page('after'), page('before')]
    let found = this.#archive.filter(({ stamp }) => stamp >= start)
    if (after !== undefined) found = found.slice(found.findIndex(({ id }) => id === after) + 1)
    if (before !== undefined && before !== '')
      found = found.slice(
        0,
        Math.max(
          0,
          found.findIndex(({ id }) => id === before),
        ),
      )
    const items = before === undefined ? found.slice(0, max) : found.slice(-max)
    for (const { id, stamp, xml } of items) {
      const delay = writeXml('delay', { xmlns: DELAY, stamp: new Date(stamp).toISOString() })
      const forwarded = writeXml('forwarded', { xmlns: FORWARD }, delay, xml)
      const result = writeXml('result', { xmlns: NS.archive, id, queryid: query.attrs['queryid'] }, forwarded)
      this.#route(session, writeXml('message', { xmlns: NS.client, from: ANN }, result))
    }
    return writeXml('fin', { xmlns: NS.archive, complete: String(items.length === found.length) })
  }

  #pubsub(pubsub: XmlElement): string {
    const publish = childOf(pubsub, 'publish')
    const items = childOf(pubsub, 'items')
    const item = publish && childOf(publish, 'item')
    const displayed = item && childOf(item, 'displayed', NS.displayedMarkers)
    const stanzaId = displayed && childOf(displayed, 'stanza-id', NS.stanzaIds)
    if (stanzaId) this.#mark(item.attrs['id'] ?? '', stanzaId.attrs['id'] ?? '')
    if (items) this.nodesAsked.push(items.attrs['node'] ?? '')
    if (items?.attrs['node'] !== NS.displayedMarkers) return ''
    const all = [...this.#markers].map(([peer, id]) => writeMarker(peer, id))
    return writeXml('pubsub', { xmlns: NS.pubsub }, writeXml('items', { node: NS.displayedMarkers }, ...all))
  }

  #mark(peer: string, id: string): void {
    this.#markers.delete(peer)
    this.#markers.set(peer, id)
    for (const session of this.#sessions) if (session.isAvailable) this.#route(session, writeEvent(peer, id))
  }

  /** A device of Ann's writes to Bob. */
  #pass(session: Session, message: XmlElement): void {
    const { id = '', to } = message.attrs
    const body = childOf(message, 'body')
    // To somebody in a room: he gets nothing here, and whoever scripts this answers for him.
    if (to?.includes('/')) return
    if (to !== BOB) throw new Error(`somebody writes to ${to ?? 'nobody'}`)
    const content = childrenOf(message).map(writeElement).join('')
    const head = `<message xmlns="${NS.client}" type="chat" id="${id}" from="${ANN}/${session.resource}" to="${BOB}">`
    if (body) this.got.push({ id, body: textOf(body) })
    const xml = `${head}${content}${writeXml('stanza-id', { xmlns: NS.stanzaIds, by: ANN, id: this.#keep(`${head}${content}</message>`) })}</message>`
    for (const other of this.#sessions) if (other !== session) this.#carbon(other, 'sent', xml)
  }

  #deliver(content: string, id: string): void {
    const head = `<message xmlns="${NS.client}" type="chat" id="${id}" from="${BOB}/desk" to="${ANN}">`
    const inner = content + writeXml('store', { xmlns: 'urn:xmpp:hints' })
    const archiveId = this.#keep(`${head}${inner}</message>`)
    const xml = `${head}${inner}${writeXml('stanza-id', { xmlns: NS.stanzaIds, by: ANN, id: archiveId })}</message>`
    const here = this.#sessions.filter(({ isAvailable }) => isAvailable)
    const first = here[Math.floor(this.#ways.random() * here.length)]
    for (const session of here) {
      if (session === first) this.#route(session, xml)
      else this.#carbon(session, 'received', xml)
    }
    const stamp = new Date(this.#ways.now()).toISOString()
    const delay = writeXml('delay', { xmlns: DELAY, from: 'chat.example', stamp })
    if (!first && this.#ways.keepsOffline)
      this.#offline.push(xml.replace(/<\/message>$/, `${delay}</message>`))
  }

  #carbon(session: Session, kind: 'sent' | 'received', xml: string): void {
    if (!session.isAvailable) return
    const carbon = writeXml(
      kind,
      { xmlns: 'urn:xmpp:carbons:2' },
      writeXml('forwarded', { xmlns: FORWARD }, xml),
    )
    this.#route(session, writeXml('message', { xmlns: NS.client, from: ANN }, carbon))
  }

  /** Whole seconds are all that Prosody keeps. */
  #keep(xml: string): string {
    const id = `archive-${this.#newId()}`
    this.#archive.push({ id, stamp: Math.floor(this.#ways.now() / 1_000) * 1_000, xml })
    return id
  }
}

function writeElement({ name, ns, attrs, children }: XmlElement): string {
  const inner = children.map((child) => (typeof child === 'string' ? escapeXml(child) : writeElement(child)))
  return writeXml(name, { xmlns: ns, ...attrs }, ...inner)
}

function writeMarker(peer: string, id: string): string {
  const stanzaId = writeXml('stanza-id', { xmlns: NS.stanzaIds, by: ANN, id })
  return writeXml('item', { id: peer }, writeXml('displayed', { xmlns: NS.displayedMarkers }, stanzaId))
}

function writeEvent(peer: string, id: string): string {
  const items = writeXml('items', { node: NS.displayedMarkers }, writeMarker(peer, id))
  const event = writeXml('event', { xmlns: NS.pubsubEvents }, items)
  return writeXml('message', { xmlns: NS.client, from: ANN }, event)
}
