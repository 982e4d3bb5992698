/** RFC 6455 §5.2 opcodes that a load generator meets. */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A whole client frame. The mask is all zeros, which §5.3 lets be any value: masking then changes no byte. */
export function clientFrame(payload: string | Buffer, opcode: number = opcodes.text): Buffer {
  const body = Buffer.from(payload)
  const header =
    body.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | body.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, body.length >> 8, body.length & 0xff])
  if (body.length > 0xffff) throw new Error('the load generator sends no frame above 64 KB')
  return Buffer.concat([header, Buffer.alloc(4), body])
}

/** Told of each whole frame; its payload is `bytes[start..end)`, good only during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void

/**
 * Cuts the bytes of one socket into frames, without copying those that came whole. This is all that a socket of the
 * load generator does with what it gets, so that the generator is never what is measured.
 */
export class FrameScanner {
  #rest: Buffer | undefined

  /** @param chunk may be used again by the caller after this returns. */
  scan(chunk: Buffer, onFrame: OnFrame): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (at + 2 <= bytes.length) {
      const start = at + headerLength(bytes, at)
      if (start > bytes.length) break
      const end = start + payloadLength(bytes, at)
      if (end > bytes.length) break
      onFrame((bytes[at] ?? 0) & 0x0f, bytes, start, end)
      at = end
    }
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at))
  }
}

function headerLength(bytes: Buffer, at: number): number {
  const length = bytes[at + 1] ?? 0
  if (length > 127) throw new Error('a server must not mask its frames')
  return length < 126 ? 2 : length === 126 ? 4 : 10
}

function payloadLength(bytes: Buffer, at: number): number {
  const length = bytes[at + 1] ?? 0
  if (length < 126) return length
  return length === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
}
