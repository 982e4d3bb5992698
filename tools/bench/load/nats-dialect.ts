import type { Dialect } from './dialect'
import { clientFrame, opcodes } from './websocket-frames'

const PING = Buffer.from('PING')
const PONG = Buffer.from('PONG')
const toServer = (text: string): Buffer => clientFrame(text, opcodes.binary)

/** Subscribers of NATS over websocket: its text protocol, in binary frames. */
export function natsDialect(subjects: { readonly prefix: string; readonly each: boolean }): Dialect {
  return {
    path: () => '/',
    subscribedWhenOpen: false,
    greet: (socket) => [
      toServer('CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"1","protocol":1}\r\n'),
      toServer(`SUB ${subjects.prefix}${subjects.each ? socket : ''} 1\r\nPING\r\n`),
    ],
    onFrame({ bytes, start, end }, reply) {
      const begins = (word: Buffer): boolean =>
        bytes.compare(word, 0, 4, start, Math.min(start + 4, end)) === 0
      // The answer to the PING behind our SUB: it is in place.
      if (begins(PONG)) return 'subscribed'
      if (begins(PING)) reply(toServer('PONG\r\n'))
      return 'messages'
    },
  }
}
