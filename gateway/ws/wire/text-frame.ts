import type { ServerFrame } from '@herald/protocol'
import type { FeedHead, JsonPage } from '../../contracts/feed-log'

/** First bytes of unmasked frames in one part (RFC 6455 §5.2). */
const starts = { text: 0x81, close: 0x88, pong: 0x8a } as const

/**
 * One unmasked text frame as it goes over the wire (RFC 6455 §5.2), made once and written to any number of sockets.
 */
export function encodeFrame(frame: ServerFrame): Buffer {
  return encodeText(JSON.stringify(frame))
}

/** A frame of messages, of a page as the log keeps it. */
export function encodePage({ feed, epoch }: Pick<FeedHead, 'feed' | 'epoch'>, { json }: JsonPage): Buffer {
  const start = JSON.stringify({ type: 'messages', feed, epoch }).slice(0, -1)
  return encodeText(`${start},"messages":[${json}]}`)
}

function encodeText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const buffer = withHeader(starts.text, length)
  buffer.write(text, buffer.length - length)
  return buffer
}

/** A close frame (§5.5.1). The reason is at most 123 bytes. */
export function encodeClose(code: number, reason: string): Buffer {
  const length = 2 + Buffer.byteLength(reason)
  const buffer = withHeader(starts.close, length)
  buffer.writeUInt16BE(code, 2)
  buffer.write(reason, 4)
  return buffer
}

/** The answer to a ping (§5.5.3): its payload comes back. */
export function encodePong(payload: Buffer): Buffer {
  const buffer = withHeader(starts.pong, payload.length)
  payload.copy(buffer, 2)
  return buffer
}

/** A buffer with a frame's header, and room for its payload. */
function withHeader(start: number, length: number): Buffer {
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const buffer = Buffer.allocUnsafe(headerLength + length)
  buffer[0] = start
  if (headerLength === 2) {
    buffer[1] = length
  } else if (headerLength === 4) {
    buffer[1] = 126
    buffer.writeUInt16BE(length, 2)
  } else {
    buffer[1] = 127
    buffer.writeBigUInt64BE(BigInt(length), 2)
  }
  return buffer
}
