import { isUtf8 } from 'node:buffer'

/** Why a socket cannot go on: a close code of RFC 6455 §7.4.1, and what to log. */
export interface FrameFault {
  readonly code: 1002 | 1007 | 1008 | 1009
  readonly detail: string
}

/** What a reader finds. A payload is good for as long as the receiver wants it. */
export interface FrameSink {
  /** Another frame is whole, of whatever kind. False: nothing more is to be read, and the frame is not told. */
  onFrame(): boolean
  onText(payload: Buffer): void
  onBinary(): void
  onPing(payload: Buffer): void
  /** The peer's close frame; 1005 where it gave no code (§7.1.5). */
  onClose(code: number): void
}

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

const KNOWN: ReadonlySet<number> = new Set(Object.values(opcodes))

/** Control frames are at most this long, and are never in parts (§5.5). */
const MAX_CONTROL_BYTES = 125

const MASK_BYTES = 4

/** Parts of one message. Each is kept until the last one is there, and an empty part costs more to keep than to send. */
export const MAX_PARTS = 64

/** Codes that may stand in a close frame (§7.4): the registered ones, and those of libraries and applications. */
const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
  (code >= 3000 && code <= 4999)

interface Header {
  readonly isFinal: boolean
  readonly opcode: number
  /** Of the mask and the payload after it. */
  readonly start: number
  readonly length: number
  /** What no client may send, whatever follows. */
  readonly problem?: string
}

/**
 * Reads what a client sends (RFC 6455 §5): masked frames, whole or in parts, wherever the bytes are cut. Between two
 * reads it holds nothing but what is not whole yet, as a copy, so that an idle socket keeps no buffer of the network's.
 */
export class FrameReader {
  /** The beginning of a frame that is not whole yet, with room for more: bytes that drip in must not be an object each. */
  #rest: Buffer | undefined
  #have = 0
  /** Bytes with which it is worth another look. */
  #need = 0
  /** The parts of a message that is not whole yet; the first says what it is. */
  #parts: { readonly opcode: number; readonly payloads: Buffer[]; bytes: number } | undefined

  /** @param bytes become the reader's own. @param maxBytes of one message. Returns the fault after which nothing may be read. */
  read(bytes: Buffer, sink: FrameSink, maxBytes: number): FrameFault | undefined {
    const all = this.#join(bytes)
    if (all === undefined) return undefined
    let at = 0
    let need = 1
    while (at < all.length) {
      const header = readHeader(all, at)
      const fault = header && this.#check(header, maxBytes)
      if (fault !== undefined) return fault
      const start = header === undefined ? all.length : header.start + MASK_BYTES
      const end = header === undefined ? all.length + 1 : start + header.length
      if (header === undefined || end > all.length) {
        need = end - at
        break
      }
      if (!sink.onFrame()) return undefined
      unmask(all, header.start, end)
      const refused = this.#take(header, all.subarray(start, end), sink)
      if (refused !== undefined) return refused
      at = end
    }
    if (at < all.length) this.#keep(all.subarray(at), need)
    return undefined
  }

  /** What there is to look at; undefined while it is too little. */
  #join(bytes: Buffer): Buffer | undefined {
    if (this.#rest === undefined) return bytes
    const have = this.#have + bytes.length
    if (have > this.#rest.length) this.#grow(have)
    this.#rest.set(bytes, this.#have)
    this.#have = have
    if (have < this.#need) return undefined
    const all = this.#rest.subarray(0, have)
    this.#rest = undefined
    return all
  }

  /** Doubles, so that each byte is copied once or twice; a frame's length alone makes nobody take room for it. */
  #grow(have: number): void {
    const roomy = Math.min(2 * have, Math.max(have, this.#need))
    const rest = Buffer.allocUnsafeSlow(roomy)
    this.#rest?.copy(rest, 0, 0, this.#have)
    this.#rest = rest
  }

  #keep(rest: Buffer, need: number): void {
    this.#rest = Buffer.from(rest)
    this.#have = rest.length
    this.#need = need
  }

  /** What a header alone may be wrong by: nobody waits for the payload of a frame that will be refused. */
  #check({ opcode, isFinal, length, problem }: Header, maxBytes: number): FrameFault | undefined {
    if (problem !== undefined) return fault(1002, problem)
    if (!KNOWN.has(opcode)) return fault(1002, `unknown opcode ${opcode}`)
    if (opcode >= opcodes.close) {
      if (!isFinal || length > MAX_CONTROL_BYTES) return fault(1002, 'a control frame in parts or too long')
      return undefined
    }
    if (opcode === opcodes.continuation ? this.#parts === undefined : this.#parts !== undefined)
      return fault(1002, 'parts out of order')
    if (length + (this.#parts?.bytes ?? 0) > maxBytes) return fault(1009, 'too large')
    return undefined
  }

  #take({ opcode, isFinal }: Header, payload: Buffer, sink: FrameSink): FrameFault | undefined {
    switch (opcode) {
      case opcodes.ping:
        sink.onPing(payload)
        return undefined
      case opcodes.pong:
        return undefined
      case opcodes.close:
        return takeClose(payload, sink)
      case opcodes.text:
      case opcodes.binary:
        if (isFinal) return takeMessage(opcode, payload, sink)
        this.#parts = { opcode, payloads: [Buffer.from(payload)], bytes: payload.length }
        return undefined
      default:
        return this.#takePart(isFinal, payload, sink)
    }
  }

  #takePart(isFinal: boolean, payload: Buffer, sink: FrameSink): FrameFault | undefined {
    const parts = this.#parts
    if (parts === undefined) return fault(1002, 'parts out of order')
    if (parts.payloads.length >= MAX_PARTS) return fault(1008, 'too many parts')
    parts.payloads.push(Buffer.from(payload))
    parts.bytes += payload.length
    if (!isFinal) return undefined
    this.#parts = undefined
    return takeMessage(parts.opcode, Buffer.concat(parts.payloads), sink)
  }
}

const fault = (code: FrameFault['code'], detail: string): FrameFault => ({ code, detail })

/** The least that may stand in a length of two and of eight bytes: in as few as it takes (§5.2). */
const LEAST_OF_TWO = 126
const LEAST_OF_EIGHT = 65_536

/** Undefined: the header is not whole yet. */
function readHeader(bytes: Buffer, at: number): Header | undefined {
  const first = bytes[at]
  const second = bytes[at + 1]
  if (first === undefined || second === undefined) return undefined
  const short = second & 0x7f
  const size = short < 126 ? 2 : short === 126 ? 4 : 10
  const header = { isFinal: (first & 0x80) !== 0, opcode: first & 0x0f, start: at + size }
  // Reserved bits belong to extensions, and none was agreed on (§5.2); a client masks everything (§5.1).
  if ((first & 0x70) !== 0) return { ...header, length: short, problem: 'a reserved bit' }
  if ((second & 0x80) === 0) return { ...header, length: short, problem: 'a client must mask its frames' }
  if (at + size > bytes.length) return undefined
  const length = short < 126 ? short : longLength(bytes, at + 2, short)
  if (length < (short < 126 ? 0 : short === 126 ? LEAST_OF_TWO : LEAST_OF_EIGHT))
    return { ...header, length, problem: 'a length in more bytes than it takes' }
  return { ...header, length }
}

const longLength = (bytes: Buffer, at: number, short: number): number =>
  short === 126 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at))

/** Takes the mask off in place (§5.3): `bytes[at..at+4)` is the mask, the payload follows up to `end`. */
function unmask(bytes: Buffer, at: number, end: number): void {
  const start = at + MASK_BYTES
  for (let index = start; index < end; index += 1)
    bytes[index] = (bytes[index] ?? 0) ^ (bytes[at + ((index - start) & 3)] ?? 0)
}

function takeMessage(opcode: number, payload: Buffer, sink: FrameSink): FrameFault | undefined {
  if (opcode === opcodes.binary) {
    sink.onBinary()
    return undefined
  }
  if (!isUtf8(payload)) return fault(1007, 'text that is not UTF-8')
  sink.onText(payload)
  return undefined
}

function takeClose(payload: Buffer, sink: FrameSink): FrameFault | undefined {
  if (payload.length === 0) {
    sink.onClose(1005)
    return undefined
  }
  if (payload.length === 1) return fault(1002, 'a close frame with half a code')
  const code = payload.readUInt16BE(0)
  if (!isCloseCode(code)) return fault(1002, `a close frame with code ${code}`)
  if (!isUtf8(payload.subarray(2))) return fault(1007, 'a close reason that is not UTF-8')
  sink.onClose(code)
  return undefined
}
