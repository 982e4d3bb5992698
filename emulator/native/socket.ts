import WebSocket from 'ws'
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

interface Binary {
  readonly base64: string
}

/**
 * The module `uni-webSocket` on real sockets, with the platform's faults:
 * - the runtime names sockets by the millisecond, so two of one millisecond share an id, and what either says goes to
 *   the newer task; sending and closing reach the newer socket alone;
 * - a socket that breaks says `error`, with nothing in it, and never `close`;
 * - after `close()` events still come: messages that were under way, then the close;
 * - the native stack answers the server's pings, whether or not the app's JavaScript is frozen.
 */
export function openSockets(host: NativeHost) {
  const handlers = new Map<string, Handler>()
  const sockets = new Map<string, WebSocket>()
  const all = new Set<WebSocket>()
  host.onEnd.push(() => {
    for (const socket of all) socket.terminate()
  })
  const say = (type: string, event: SocketEvent) =>
    host.time.later(() => handlers.get(type)?.(host.toLogic(event) as SocketEvent))

  const connect = ({ id, url, protocol, header }: ConnectOptions) => {
    if (!host.device.network.reachable) {
      say('error', { id })
      return
    }
    const protocols = protocol === undefined || protocol === '' ? [] : protocol.split(',')
    const socket = new WebSocket(url, protocols, { headers: header ?? {} })
    sockets.set(id, socket)
    all.add(socket)
    bind(socket, id)
  }

  const bind = (socket: WebSocket, id: string) => {
    const forget = host.device.network.carry(() => socket.terminate())
    socket.on('open', () => say('open', { id }))
    socket.on('message', (data: Buffer, isBinary) => {
      const text = isBinary ? { '@type': 'binary', base64: data.toString('base64') } : data.toString()
      say('message', { id, data: text })
    })
    // Every error is followed by a close with 1006, which is where it is told.
    socket.on('error', () => undefined)
    socket.on('close', (code, reason) => {
      forget()
      all.delete(socket)
      if (sockets.get(id) === socket) sockets.delete(id)
      if (code === 1006) say('error', { id })
      else say('close', { id, code, reason: reason.toString() })
    })
  }

  return {
    WebSocket: connect,
    send: ({ id, data }: { id: string; data: string | Binary }) => {
      const socket = sockets.get(id)
      // The real one says nothing either: the runtime has already called success.
      if (socket?.readyState !== WebSocket.OPEN) return
      socket.send(typeof data === 'string' ? data : Buffer.from(data.base64, 'base64'))
    },
    close: ({ id, args }: { id: string; args?: { code?: number; reason?: string } }) => {
      sockets.get(id)?.close(args?.code ?? 1000, args?.reason ?? '')
    },
    onopen: (handler: Handler) => void handlers.set('open', handler),
    onmessage: (handler: Handler) => void handlers.set('message', handler),
    onerror: (handler: Handler) => void handlers.set('error', handler),
    onclose: (handler: Handler) => void handlers.set('close', handler),
  }
}
