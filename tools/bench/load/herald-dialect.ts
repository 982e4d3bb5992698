import { parseServerFrame, SUBPROTOCOL, type Cursor } from '@herald/protocol'
import { AckPace } from '../../../services/sources/acks'
import type { Dialect, DialectFrame } from './dialect'
import { clientFrame } from './websocket-frames'

export interface HeraldSubscribers {
  /** One token for each socket. */
  readonly tokens: readonly string[]
  /** The feed that each socket acks; `user:` stands for the socket's own user, whose feed comes first in welcome. */
  readonly feed: string
  /** How far every socket has the feed; undefined: it gets the newest page first. */
  readonly cursor?: Cursor | undefined
}

const SEQ = Buffer.from('"seq":')
const PING = clientFrame('{"type":"ping"}')

/** Sockets that say hello with a token of their own, ack what they get and send heartbeats, as the app does. */
export function heraldDialect({ tokens, feed, cursor }: HeraldSubscribers): Dialect {
  const prefixes: (string | undefined)[] = []
  const paces: AckPace[] = []
  const seqs = new Int32Array(tokens.length)
  /** What was in the feed before the socket: its catch-up, which is no part of the run. */
  const heads = new Int32Array(tokens.length)
  /** Returns whether the socket has the whole feed already. */
  const welcome = (frame: DialectFrame): boolean => {
    const parsed = parseServerFrame(frame.bytes.toString('utf8', frame.start, frame.end))
    if (!parsed.ok || parsed.frame.type !== 'welcome') throw new Error('the first frame is no welcome')
    const state = parsed.frame.feeds.find((one) => one.feed.startsWith(feed))
    if (state === undefined) throw new Error(`socket ${frame.socket} does not follow ${feed}`)
    seqs[frame.socket] = cursor?.seq ?? 0
    heads[frame.socket] = state.head
    prefixes[frame.socket] = `{"type":"ack","feed":"${state.feed}","epoch":"${state.epoch}","seq":`
    return seqs[frame.socket] === state.head
  }
  return {
    subprotocol: SUBPROTOCOL,
    path: () => '/v1/socket',
    subscribedWhenOpen: false,
    greet: (socket) => [
      clientFrame(
        JSON.stringify({
          type: 'hello',
          token: tokens[socket],
          device: { id: `device-${String(socket).padStart(6, '0')}`, platform: 'android', app: 'bench' },
          state: 'foreground',
          cursors: cursor === undefined ? {} : { [feed]: cursor },
        }),
      ),
    ],
    onFrame(frame) {
      const { socket, bytes, start, end } = frame
      if (prefixes[socket] === undefined) return welcome(frame) ? 'subscribed' : 'other'
      const at = bytes.lastIndexOf(SEQ, end)
      if (at < start) return 'other'
      const seq = digitsAt(bytes, at + SEQ.length)
      if (seq <= (seqs[socket] ?? 0)) throw new Error(`socket ${socket} got seq ${seq} twice`)
      seqs[socket] = seq
      const head = heads[socket] ?? 0
      if (seq > head) return 'messages'
      return seq === head ? 'subscribed' : 'other'
    },
    ack: {
      frame: (socket) => clientFrame(`${prefixes[socket] ?? ''}${String(seqs[socket])}}`),
      pauseMs(socket, now) {
        const pace = (paces[socket] ??= new AckPace(Math.random))
        pace.sent(now, 1)
        return pace.waitMs(now)
      },
    },
    heartbeat: { everyMs: 25_000, frame: PING },
  }
}

function digitsAt(bytes: Buffer, at: number): number {
  let number = 0
  for (let index = at; ; index += 1) {
    const digit = (bytes[index] ?? 0) - 48
    if (digit < 0 || digit > 9) return number
    number = number * 10 + digit
  }
}
