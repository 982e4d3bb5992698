import type { ServerFrame } from '@herald/protocol'

/**
 * One unmasked text frame as it goes over the wire (RFC 6455 §5.2), made once and written to any number of sockets.
 */
export function encodeFrame(frame: ServerFrame): Buffer {
  return encodeText(JSON.stringify(frame))
}

function encodeText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const buffer = Buffer.allocUnsafe(headerLength + length)
  buffer[0] = 0x81 // FIN, text
  if (headerLength === 2) {
    buffer[1] = length
  } else if (headerLength === 4) {
    buffer[1] = 126
    buffer.writeUInt16BE(length, 2)
  } else {
    buffer[1] = 127
    buffer.writeBigUInt64BE(BigInt(length), 2)
  }
  buffer.write(text, headerLength)
  return buffer
}
