import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Descriptors that are left for the store, the log, and calls to push services. */
const RESERVED_DESCRIPTORS = 64

/** Fewer connections than this are no gateway. */
const LEAST_CONNECTIONS = 16

const counted = Symbol('counted')

/** A socket knows its cap by a field, so that all sockets share their listener. */
interface CountedSocket extends Socket {
  [counted]?: ConnectionCap
}

/**
 * Bounds the connections that are open at a time. One too many takes the place of the connection that has been without a
 * request for the longest time, so that strangers who hold connections keep nobody out; the socket of a device that has
 * joined gives way to nobody.
 */
export class ConnectionCap {
  readonly #most: number
  readonly #onDropped: () => void
  /** Those that may give way, the longest without a request first. */
  readonly #idle = new Set<Socket>()
  #open = 0

  /** @param onDropped a connection was dropped, the oldest or the newcomer. */
  constructor(server: Server, most: number, onDropped: () => void) {
    this.#most = most
    this.#onDropped = onDropped
    server.on('connection', (socket: Socket) => {
      this.#admit(socket)
    })
    server.on('request', ({ socket }: IncomingMessage) => {
      if (this.#idle.delete(socket)) this.#idle.add(socket)
    })
  }

  /** Connections that are open, and how many there may be; 0 is no limit. */
  get figures(): { readonly connections: number; readonly most: number } {
    return { connections: this.#open, most: Number.isFinite(this.#most) ? this.#most : 0 }
  }

  /** The connection is a device's now, and stays. */
  keep(socket: Socket): void {
    this.#idle.delete(socket)
  }

  #admit(socket: CountedSocket): void {
    // A connection whose upgrade was ignored comes to the server a second time.
    if (socket[counted] !== undefined) return
    if (this.#open >= this.#most && !this.#giveWay(socket)) return
    socket[counted] = this
    this.#open += 1
    this.#idle.add(socket)
    socket.on('close', forget)
  }

  /** Whether there is room for the newcomer now. */
  #giveWay(newcomer: Socket): boolean {
    const [oldest] = this.#idle
    const leaves = oldest ?? newcomer
    this.#idle.delete(leaves)
    leaves.destroy()
    this.#onDropped()
    return leaves !== newcomer
  }

  forget(socket: Socket): void {
    this.#open -= 1
    this.#idle.delete(socket)
  }
}

function forget(this: CountedSocket): void {
  this[counted]?.forget(this)
}

/** As many as the system lets this process have descriptors, less what else needs one. */
export function mostBySystem(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = report.userLimits?.open_files?.soft
  return typeof soft === 'number' ? Math.max(LEAST_CONNECTIONS, soft - RESERVED_DESCRIPTORS) : Infinity
}
