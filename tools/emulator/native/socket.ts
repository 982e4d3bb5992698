import WebSocket from 'ws'
import type { Network } from '../network'
import type { NativeHost } from './host'

interface SocketEvent {
  readonly id: string
  readonly data?: unknown
  readonly code?: number
  readonly reason?: string
}
type Handler = (event: SocketEvent) => void

interface ConnectOptions {
  readonly id: string
  readonly url: string
  readonly protocol?: string
  readonly header?: Record<string, string>
}

/** A socket, and how it is noted that the app holds it no more. */
interface NativeSocket {
  readonly real: WebSocket
  readonly ended: () => void
}

interface Binary {
  readonly base64: string
}

/**
 * The module `uni-webSocket` on real sockets, with the platform's faults:
 * - the runtime names sockets by the millisecond, so two of one millisecond share an id, and what either says goes to
 *   the newer task; sending and closing reach the newer socket alone;
 * - a socket that breaks says `error`, with nothing in it, and never `close`;
 * - after `close()` events still come: messages that were under way, then the close;
 * - the native stack answers the server's pings, unless the process is frozen: then only the kernel's TCP answers;
 * - on a stalled network nothing is said at all, not of a dial either.
 */
export function openSockets(host: NativeHost) {
  const { network } = host.device
  const handlers = new Map<string, Handler>()
  const sockets = new Map<string, NativeSocket>()
  /** Dials that are stuck in a stalled network, by id. */
  const stuck = new Map<string, () => void>()
  const all = new Set<NativeSocket>()
  host.onEnd.push(() => {
    for (const fail of stuck.values()) fail()
    for (const socket of all) socket.real.terminate()
  })
  const say = (type: string, event: SocketEvent) =>
    host.time.later(() => handlers.get(type)?.(host.toLogic(event) as SocketEvent), `socket ${type}`)

  const connect = (options: ConnectOptions) => {
    const { id, url } = options
    const ended = network.sockets.dial(url)
    const fail = () => {
      ended()
      say('error', { id })
    }
    if (!network.reachable) fail()
    else if (!network.stalled) open(options, ended)
    else {
      const giveUp = waitForFlow(network, (flows) => {
        stuck.delete(id)
        if (flows) open(options, ended)
        else fail()
      })
      stuck.set(id, giveUp)
    }
  }

  const open = ({ id, url, protocol, header }: ConnectOptions, ended: () => void) => {
    const protocols = protocol === undefined || protocol === '' ? [] : protocol.split(',')
    const real = new WebSocket(url, protocols, { headers: header ?? {}, autoPong: false })
    const socket = { real, ended }
    sockets.set(id, socket)
    all.add(socket)
    bind(socket, id)
  }

  const bind = (socket: NativeSocket, id: string) => {
    const { real, ended } = socket
    const forget = network.carry(() => real.terminate())
    const arrive = (type: string, event: SocketEvent) => network.pass(() => say(type, event))
    real.on('ping', (data) => host.time.whenAwake(() => network.pass(() => real.pong(data))))
    real.on('open', () => arrive('open', { id }))
    real.on('message', (data: Buffer, isBinary) => {
      const text = isBinary ? { '@type': 'binary', base64: data.toString('base64') } : data.toString()
      arrive('message', { id, data: text })
    })
    // Every error is followed by a close with 1006, which is where it is told.
    real.on('error', () => undefined)
    real.on('close', (code, reason) => {
      forget()
      ended()
      all.delete(socket)
      if (sockets.get(id) === socket) sockets.delete(id)
      if (code === 1006) arrive('error', { id })
      else arrive('close', { id, code, reason: reason.toString() })
    })
  }

  return {
    WebSocket: connect,
    send: ({ id, data }: { id: string; data: string | Binary }) => {
      const real = sockets.get(id)?.real
      host.device.work.frameSent()
      network.pass(() => {
        // The real one says nothing either: the runtime has already called success.
        if (real?.readyState !== WebSocket.OPEN) return
        real.send(typeof data === 'string' ? data : Buffer.from(data.base64, 'base64'))
      })
    },
    close: ({ id, args }: { id: string; args?: { code?: number; reason?: string } }) => {
      stuck.get(id)?.()
      const socket = sockets.get(id)
      socket?.ended()
      network.pass(() => socket?.real.close(args?.code ?? 1000, args?.reason ?? ''))
    },
    onopen: (handler: Handler) => void handlers.set('open', handler),
    onmessage: (handler: Handler) => void handlers.set('message', handler),
    onerror: (handler: Handler) => void handlers.set('error', handler),
    onclose: (handler: Handler) => void handlers.set('close', handler),
  }
}

/** Tells once whether the stalled network flows again; it does not when it is lost, or when the answer is called. */
function waitForFlow(network: Network, done: (flows: boolean) => void): () => void {
  const settle = (flows: boolean) => {
    forget()
    withdraw()
    done(flows)
  }
  const fail = () => settle(false)
  const forget = network.carry(fail)
  const withdraw = network.pass(() => settle(true))
  return fail
}
