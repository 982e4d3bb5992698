import { describe, expect, it } from 'vitest'
import { socketIoDialect } from '@herald/bench/load/socket-io-dialect'
import { clientFrame } from '@herald/bench/load/websocket-frames'

const dialect = socketIoDialect({ prefix: 'r', each: true })

/** What a frame of the server's means, and what is answered. */
function told(text: string): { what: string; replies: Buffer[] } {
  // Something stands before and behind, as in the buffer that all sockets share.
  const bytes = Buffer.from(`40${text}42`)
  const replies: Buffer[] = []
  const frame = { socket: 7, bytes, start: 2, end: bytes.length - 2 }
  return { what: dialect.onFrame(frame, (reply) => replies.push(reply)), replies }
}

describe('the Socket.IO dialect of the load generator', () => {
  it('joins when the connection is open, and is subscribed when that is answered', () => {
    expect(told('0{"sid":"a","pingInterval":25000}')).toEqual({ what: 'other', replies: [clientFrame('40')] })
    expect(told('40{"sid":"b"}')).toEqual({ what: 'subscribed', replies: [] })
  })

  it('answers heartbeats', () => {
    expect(told('2')).toEqual({ what: 'other', replies: [clientFrame('3')] })
  })

  it('takes events for messages', () => {
    expect(told('42["message","~000001 disk"]')).toEqual({ what: 'messages', replies: [] })
  })

  it('says so when the server refuses', () => {
    expect(() => told('44{"message":"no"}')).toThrow('refused socket 7')
  })
})
