import type { ConnectOptions, SocketTask } from './connect-socket'

/**
 * `uni.connectSocket` for H5, by the browser itself: uni's own is in the first load of H5 once anything names it.
 * A page that may not open the socket at all (a bad address) throws, as the wrapper expects.
 */
export function connectBrowserSocket({ url, protocols }: ConnectOptions): SocketTask {
  const socket = new WebSocket(url, protocols)
  return {
    send: ({ data, fail }) => {
      // A socket that is closing swallows what it is given (WHATWG WebSockets, `send()`).
      if (socket.readyState === WebSocket.OPEN) socket.send(data)
      else fail(undefined)
    },
    close: ({ code, reason }) => {
      socket.close(code, reason)
    },
    onOpen: (handler) => {
      socket.addEventListener('open', handler)
    },
    onMessage: (handler) => {
      socket.addEventListener('message', handler)
    },
    onError: (handler) => {
      socket.addEventListener('error', handler)
    },
    onClose: (handler) => {
      socket.addEventListener('close', handler)
    },
  }
}
