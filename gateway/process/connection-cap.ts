import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { addressKey } from './addresses'
import { openAnswers, watchAnswers } from './answers'
import type { Breaches } from './breaches'
import type { ProxyTrust } from './proxies'

/** Descriptors that are left for the store, the log, and calls to push services. */
const RESERVED_DESCRIPTORS = 64

/** Fewer connections than this are no gateway. */
const LEAST_CONNECTIONS = 16

const counted = Symbol('counted')
const place = Symbol('place')

/** Where connections and requests come in: an HTTP server. */
interface Arrivals {
  /** Before the server's own: of a connection that is refused nothing is to be read. */
  prependListener(event: 'connection', listener: (socket: Socket) => void): unknown
  prependListener(
    event: 'request',
    listener: (request: IncomingMessage, answer: ServerResponse) => void,
  ): unknown
  on(event: 'request', listener: (request: IncomingMessage) => void): unknown
}

/** The connections of one address. */
interface Place {
  readonly key: string
  /** One that it is the place of: an IPv6 network has more. */
  readonly address: string
  open: number
  /** Those of `Cap.#idle` that are here. */
  readonly idle: Set<Socket>
}

/** A socket knows its cap by a field, so that all sockets share their listener. */
interface CountedSocket extends Socket {
  [counted]?: ConnectionCap | undefined
  [place]?: Place
}

/** Why a connection is dropped: too many of all or of one address, or an address that breaks the protocol again and again. */
export type DropReason = 'all' | 'address' | 'broken'

export interface CapOptions {
  readonly most: number
  /** Of one address (an IPv6 /64 is one), past our own proxies. */
  readonly mostOfAddress: number
  readonly isProxy: ProxyTrust
  readonly breaches: Breaches
  /** A connection was dropped, the oldest or the newcomer. */
  readonly onDropped: (limit: DropReason) => void
}

/**
 * Bounds the connections that are open at a time, all together and those of one address. One too many takes the place of the
 * connection that has been without a request for the longest time, so that strangers who hold connections keep nobody out, and
 * one address none but its own; the socket of a device that has joined gives way to nobody. An address that breaks the
 * protocol again and again loses its others, and gets no new one.
 */
export class ConnectionCap {
  readonly #options: CapOptions
  /** Those that may give way, the longest without a request first. */
  readonly #idle = new Set<Socket>()
  readonly #places = new Map<string, Place>()
  #open = 0

  constructor(server: Arrivals, options: CapOptions) {
    this.#options = options
    server.prependListener('connection', (socket: Socket) => {
      this.#admit(socket)
    })
    options.breaches.onShut((address) => {
      this.#shut(address)
    })
    watchAnswers(server)
    server.on('request', ({ socket }) => {
      this.#onRequest(socket)
    })
  }

  /** Connections that are open, and how many there may be; 0 is no limit. */
  get figures(): { readonly connections: number; readonly most: number } {
    const { most } = this.#options
    return { connections: this.#open, most: Number.isFinite(most) ? most : 0 }
  }

  /** The connection is a device's now, and stays. */
  keep(socket: CountedSocket): void {
    this.#idle.delete(socket)
    socket[place]?.idle.delete(socket)
  }

  /** A connection goes on as another socket, by which requests name it: one that was secured. */
  moved(from: CountedSocket, to: CountedSocket): void {
    const own = from[place]
    if (from[counted] !== this) return
    from[counted] = undefined
    to[counted] = this
    if (own) to[place] = own
    if (this.#idle.delete(from)) this.#idle.add(to)
    if (own?.idle.delete(from) === true) own.idle.add(to)
    to.on('close', forget)
  }

  /**
   * Counts a connection for whoever is behind the proxy that it came from. False: that address has as many as it may.
   * One that came without a proxy was counted when it came.
   */
  claim(socket: Duplex & { [place]?: Place; [counted]?: ConnectionCap }, address: string): boolean {
    if (socket[counted] === undefined || socket[place] !== undefined) return true
    const own = this.#placeOf(address)
    if (own.open >= this.#options.mostOfAddress) {
      this.#options.onDropped('address')
      return false
    }
    own.open += 1
    socket[place] = own
    return true
  }

  /** Ends connections on which nobody has ever said anything: they have no request that could be lost. */
  endSilent(): void {
    for (const socket of this.#idle) if (socket.bytesRead === 0) socket.destroy()
  }

  /** Ends all connections but those of requests that are being answered, and of devices. */
  endIdle(): void {
    for (const socket of this.#idle) if (openAnswers(socket).size === 0) socket.destroy()
  }

  /** Ends all connections but those of devices. */
  endAll(): void {
    for (const socket of this.#idle) socket.destroy()
  }

  #onRequest(socket: CountedSocket): void {
    // To the end of the line.
    if (this.#idle.delete(socket)) this.#idle.add(socket)
    if (socket[place]?.idle.delete(socket)) socket[place].idle.add(socket)
  }

  #admit(socket: CountedSocket): void {
    // A connection whose upgrade was ignored comes to the server a second time.
    if (socket[counted] !== undefined) return
    const { most, mostOfAddress, isProxy, breaches } = this.#options
    const address = socket.remoteAddress
    const isCounted = address !== undefined && !isProxy(address)
    if (isCounted && breaches.msShut(address) > 0) {
      this.#drop(socket, 'broken')
      return
    }
    const own = isCounted ? this.#placeOf(address) : undefined
    if (own && own.open >= mostOfAddress && !this.#giveWay(own.idle, socket, 'address')) return
    if (this.#open >= most && !this.#giveWay(this.#idle, socket, 'all')) {
      this.#leave(own)
      return
    }
    socket[counted] = this
    this.#open += 1
    this.#idle.add(socket)
    if (own) {
      socket[place] = own
      own.open += 1
      own.idle.add(socket)
    }
    socket.on('close', forget)
  }

  #placeOf(address: string): Place {
    const key = addressKey(address)
    const known = this.#places.get(key)
    if (known) return known
    const made = { key, address, open: 0, idle: new Set<Socket>() }
    this.#places.set(key, made)
    return made
  }

  /** An address without connections is forgotten. */
  #leave(own: Place | undefined): void {
    if (own?.open === 0) this.#places.delete(own.key)
  }

  /** Whether there is room for the newcomer now. */
  #giveWay(idle: ReadonlySet<CountedSocket>, newcomer: Socket, limit: 'all' | 'address'): boolean {
    const [oldest] = idle
    const leaves = oldest ?? newcomer
    this.#drop(leaves, limit)
    return leaves !== newcomer
  }

  #drop(socket: CountedSocket, why: DropReason): void {
    this.keep(socket)
    socket.destroy()
    this.#options.onDropped(why)
  }

  /** Drops what an address has open, but its devices' sockets and the answers to what came in whole. */
  #shut(address: string): void {
    for (const socket of [...(this.#places.get(addressKey(address))?.idle ?? [])])
      if (!owesAnswer(socket)) this.#drop(socket, 'broken')
  }

  forget(socket: CountedSocket): void {
    this.#open -= 1
    this.keep(socket)
    const own = socket[place]
    if (own === undefined) return
    if (socket.bytesRead === 0) this.#options.breaches.noteSilence(own.address)
    own.open -= 1
    this.#leave(own)
  }
}

/** Whether a request that came in whole has no answer yet. */
function owesAnswer(socket: Socket): boolean {
  return [...openAnswers(socket)].some(({ req, writableFinished }) => req.complete && !writableFinished)
}

function forget(this: CountedSocket): void {
  this[counted]?.forget(this)
}

/** As many as the system lets this process have descriptors, less what else needs one. @param besides at other ports */
export function mostBySystem(besides = 0): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = report.userLimits?.open_files?.soft
  return typeof soft === 'number'
    ? Math.max(LEAST_CONNECTIONS, soft - RESERVED_DESCRIPTORS - besides)
    : Infinity
}
