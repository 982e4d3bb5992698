import type { Bus, BusEventName, BusEvents, BusListener } from '../contracts/bus'
import { LocalBus } from './local'
import { beatOf, haveRoom, joinParts, packetsOf, readPacket, type Packet, type Told } from './packets'
import type { OpenWire, Wire } from './wire'

/** How often a gateway says that it lives, ms. */
const BEAT_MS = 1000

/** A gateway that others know to live, and that was not heard for so long, may have told something, ms. */
const SILENCE_MS = 2500

/** While a gateway is not heard, how often what it may have told is looked up, ms. */
const LOOK_MS = 2000

/** Events that stay on this gateway: `work` each finds by looking, some times a second, and `missed` is each one's own. */
const OWN: ReadonlySet<BusEventName> = new Set<BusEventName>(['work', 'missed'])

interface Peer {
  /** The count of the last packet that came. */
  count: number
  /** Until when nothing of it is lost, by `elapsed`. */
  heardAt: number
  parts: string[]
  lookedAt: number
}

export interface SharedBusOptions {
  /** Names this gateway in this life. */
  readonly gateway: string
  readonly onFault: (error: unknown) => void
  /** Ms of a clock that never jumps; the machine's, when absent. */
  readonly elapsed?: () => number
}

/**
 * The bus of gateways that share a store: own listeners hear at once, those of others by a wire, as text. Each gateway
 * counts what it sends and says every second that it lives, so whoever listens knows when something was lost, and tells
 * `missed`.
 */
export class SharedBus implements Bus {
  readonly #options: SharedBusOptions
  readonly #local: LocalBus
  readonly #elapsed: () => number
  readonly #peers = new Map<string, Peer>()
  #wire: Wire | undefined
  #waiting: Told[] = []
  #flush: NodeJS.Immediate | undefined
  #beat: NodeJS.Timeout | undefined
  #sent = 0
  #misses = 0
  /** Others that lived when that was last looked up, and when that was, ms. */
  #living: ReadonlySet<string> = new Set()
  #checkedAt: number | undefined

  constructor(options: SharedBusOptions) {
    this.#options = options
    this.#elapsed = options.elapsed ?? (() => performance.now())
    this.#local = new LocalBus(options.onFault)
  }

  /** Listens and speaks from now on. */
  async start(open: OpenWire): Promise<void> {
    this.#wire = await open((text) => {
      this.#hear(text)
    })
    this.#beat = setInterval(() => {
      this.#sendAll()
      this.#wire?.send(beatOf(this.#options.gateway, this.#nextCount()))
      // Here and not only when it is looked up who lives: what is lost is found within five seconds.
      const now = this.#elapsed()
      this.#missSince(this.#silentSince(now), now)
    }, BEAT_MS)
  }

  /** Whether it hears and is heard; if not, gateways look for what it does not tell. */
  get isOpen(): boolean {
    return this.#wire?.isOpen ?? false
  }

  /** How often something was looked up that may have been lost. */
  get misses(): number {
    return this.#misses
  }

  tell<Name extends BusEventName>(name: Name, event: BusEvents[Name]): void {
    if (!OWN.has(name)) {
      this.#waiting.push([name, event] as unknown as Told)
      // What is told in one turn of the loop goes together.
      this.#flush ??= setImmediate(() => {
        this.#sendAll()
      })
    }
    this.#local.tell(name, event)
  }

  on<Name extends BusEventName>(name: Name, listener: BusListener<Name>): () => void {
    return this.#local.on(name, listener)
  }

  /** The gateways that live now: of those that are not heard something may be lost, and of those that ended the rest. */
  check(alive: readonly string[]): void {
    const now = this.#elapsed()
    this.#living = new Set(alive.filter((id) => id !== this.#options.gateway))
    // One that is new may have spoken since it was not there yet.
    for (const id of this.#living) this.#peerOf(id, this.#checkedAt ?? now)
    this.#checkedAt = now
    let since = this.#silentSince(now)
    for (const [id, { heardAt }] of this.#peers) {
      if (this.#living.has(id)) continue
      this.#peers.delete(id)
      since = Math.min(since, heardAt)
    }
    this.#missSince(since, now)
  }

  async close(): Promise<void> {
    clearInterval(this.#beat)
    clearImmediate(this.#flush)
    this.#sendAll()
    await this.#wire?.close()
  }

  /** Since when a gateway that lives was not heard, of which that was not looked up a moment ago; now: all are. */
  #silentSince(now: number): number {
    let since = now
    for (const id of this.#living) {
      const peer = this.#peers.get(id)
      if (!peer || now - peer.heardAt <= SILENCE_MS || now - peer.lookedAt < LOOK_MS) continue
      peer.lookedAt = now
      since = Math.min(since, peer.heardAt)
    }
    return since
  }

  #missSince(since: number, now: number): void {
    if (since < now) this.#miss(now - since)
  }

  #nextCount(): number {
    return (this.#sent += 1)
  }

  #sendAll(): void {
    this.#flush = undefined
    const told = this.#waiting
    this.#waiting = []
    const wire = this.#wire
    if (!wire || told.length === 0) return
    const texts = packetsOf(this.#options.gateway, told, wire.roomBytes, () => this.#nextCount())
    for (const text of texts) wire.send(text)
  }

  #hear(text: string): void {
    const packet = readPacket(text)
    if (!packet || packet.from === this.#options.gateway) return
    const now = this.#elapsed()
    const isNew = !this.#peers.has(packet.from)
    const peer = this.#peerOf(packet.from, now)
    const before = peer.heardAt
    const isNext = packet.count === peer.count + 1
    if (!isNext) peer.parts = []
    // What another gateway repeats is known.
    if (packet.count > peer.count) peer.count = packet.count
    peer.heardAt = now
    for (const event of this.#eventsOf(packet, peer)) this.#tellLocally(event)
    if (!isNext && packet.count > 1) this.#miss(isNew ? Infinity : now - before)
  }

  #eventsOf({ events, part, isEnd }: Packet, peer: Peer): readonly Told[] {
    if (part === undefined) return events
    peer.parts.push(part)
    if (!haveRoom(peer.parts)) peer.parts = []
    if (isEnd !== true) return []
    const whole = joinParts(peer.parts)
    peer.parts = []
    return whole ? [whole] : []
  }

  #tellLocally([name, event]: Told): void {
    if (this.#local.knows(name) && !OWN.has(name)) this.#local.tell(name, event)
  }

  #miss(withinMs: number): void {
    this.#misses += 1
    // A number that JSON has: of all time.
    this.#local.tell('missed', { withinMs: Math.min(Math.ceil(withinMs), Number.MAX_SAFE_INTEGER) })
  }

  #peerOf(id: string, now: number): Peer {
    let peer = this.#peers.get(id)
    if (!peer) this.#peers.set(id, (peer = { count: 0, heardAt: now, parts: [], lookedAt: -Infinity }))
    return peer
  }
}
