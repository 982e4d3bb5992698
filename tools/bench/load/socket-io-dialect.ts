import type { Dialect } from './dialect'
import { clientFrame } from './websocket-frames'

/** Packet types, the first characters of a text frame: Engine.IO 4 (its protocol §Packet encoding), then Socket.IO 5. */
const packets = { open: '0', ping: '2', connected: '40', refused: '44', event: '42' } as const

const CONNECT = clientFrame('40')
const PONG = clientFrame('3')

/** Subscribers of Socket.IO over websocket alone. It is the server that sends heartbeats. */
export function socketIoDialect(rooms: { readonly prefix: string; readonly each: boolean }): Dialect {
  return {
    path: (socket) =>
      `/socket.io/?EIO=4&transport=websocket${rooms.each ? `&room=${rooms.prefix}${socket}` : ''}`,
    subscribedWhenOpen: false,
    greet: () => [],
    onFrame({ socket, bytes, start, end }, reply) {
      const type = bytes.toString('latin1', start, Math.min(start + 2, end))
      if (type === packets.event) return 'messages'
      if (type === packets.connected) return 'subscribed'
      if (type === packets.refused) throw new Error(`Socket.IO refused socket ${socket}`)
      if (type.startsWith(packets.open)) reply(CONNECT)
      else if (type === packets.ping) reply(PONG)
      return 'other'
    },
  }
}
