import type { Dialect } from './dialect'
import { clientFrame, opcodes } from './websocket-frames'

/** First bytes of MQTT 3.1.1's packets (§2.2.1). */
const CONNECT = 0x10
const SUBSCRIBE = 0x82
const SUBACK = 0x90

const text = (words: string): Buffer => Buffer.concat([Buffer.from([0, words.length]), Buffer.from(words)])

/** A packet whose rest is shorter than 128 bytes, so that its length is one byte (§2.2.3). */
const packet = (first: number, ...rest: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(rest)
  return Buffer.concat([Buffer.from([first, body.length]), body])
}

/** What a client says first: protocol level 4, a clean session, no keep-alive. */
export const mqttConnect = (id: string): Buffer =>
  packet(CONNECT, text('MQTT'), Buffer.from([4, 2, 0, 0]), text(id))

/** Subscribers of MQTT over websocket, at QoS 0. */
export function mqttDialect(topics: { readonly prefix: string; readonly each: boolean }): Dialect {
  return {
    subprotocol: 'mqtt',
    path: () => '/mqtt',
    subscribedWhenOpen: false,
    greet: (socket) => [
      clientFrame(mqttConnect(`bench${socket}`), opcodes.binary),
      clientFrame(
        packet(
          SUBSCRIBE,
          Buffer.from([0, 1]),
          text(`${topics.prefix}${topics.each ? socket : ''}`),
          Buffer.from([0]),
        ),
        opcodes.binary,
      ),
    ],
    onFrame({ bytes, start }) {
      return bytes[start] === SUBACK ? 'subscribed' : 'messages'
    },
  }
}
