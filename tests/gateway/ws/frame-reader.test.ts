import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameReader, MAX_PARTS, type FrameFault } from '../../../gateway/ws/wire/frame-reader'
import { frame, type FrameParts } from './client-frames'

const LIMIT = 100_000

const text = (words: string, changes: Partial<FrameParts> = {}): Buffer =>
  frame({ opcode: 1, payload: Buffer.from(words), ...changes })
const close = (...payload: number[]): Buffer => frame({ opcode: 8, payload: Buffer.from(payload) })

/** What a reader makes of bytes that come in the given pieces. */
function read(bytes: Buffer, cuts: readonly number[] = []) {
  const reader = new FrameReader()
  const heard: unknown[] = []
  const sink = {
    onFrame: () => true,
    onText: (payload: Buffer) => heard.push(payload.toString()),
    onBinary: () => heard.push('binary'),
    onPing: (payload: Buffer) => heard.push({ ping: payload.toString() }),
    onClose: (code: number) => heard.push({ close: code }),
  }
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  let fault: FrameFault | undefined
  let from = 0
  for (const end of ends) {
    const piece = Buffer.from(bytes.subarray(from, end))
    if (fault === undefined && piece.length > 0) fault = reader.read(piece, sink, LIMIT)
    // What was kept must be a copy: the network's buffer may be used again.
    piece.fill(0xee)
    from = end
  }
  return { heard, fault: fault?.code }
}

describe('the reader of client frames', () => {
  it('reads whole texts of every length form, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, 60, 125, 126, 400, 65_535, 65_536), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (lengths, cuts) => {
          const words = lengths.map((length, index) => String(index).repeat(length))
          const bytes = Buffer.concat(words.map((word) => text(word)))
          expect(read(bytes, cuts)).toEqual({ heard: words, fault: undefined })
        },
      ),
      { numRuns: 150 },
    )
  })

  it('reads a text that comes a byte at a time', () => {
    const bytes = text('{"type":"ping"}')
    expect(read(bytes, [...bytes.keys()]).heard).toEqual(['{"type":"ping"}'])
  })

  it('joins the parts of a message, with a ping between them and a character cut in two', () => {
    const [head, tail] = [Buffer.from('消息').subarray(0, 4), Buffer.from('消息').subarray(4)]
    const bytes = Buffer.concat([
      frame({ opcode: 1, payload: head, isFinal: false }),
      frame({ opcode: 9, payload: Buffer.from('p') }),
      frame({ opcode: 0, payload: tail }),
      text('next'),
    ])
    expect(read(bytes, [3, 9, 14])).toEqual({ heard: [{ ping: 'p' }, '消息', 'next'], fault: undefined })
  })

  it('tells a binary message, and passes a pong over', () => {
    const bytes = Buffer.concat([frame({ opcode: 10 }), frame({ opcode: 2, payload: Buffer.from('x') })])
    expect(read(bytes)).toEqual({ heard: ['binary'], fault: undefined })
  })

  it.each([
    ['a code', close(0x03, 0xe8), 1000],
    ['a code and a reason', close(0x0f, 0xa0, 0x78), 4000],
    ['no code', close(), 1005],
  ])('tells a close frame with %s', (_name, bytes, code) => {
    expect(read(bytes)).toEqual({ heard: [{ close: code }], fault: undefined })
  })

  it.each([
    ['a frame without a mask', text('x', { isMasked: false }), 1002],
    ['a reserved bit', text('x', { reserved: 0x40 }), 1002],
    ['an unknown opcode', frame({ opcode: 3 }), 1002],
    ['an unknown control opcode', frame({ opcode: 11 }), 1002],
    ['a ping in parts', frame({ opcode: 9, isFinal: false }), 1002],
    ['a ping of 126 bytes', frame({ opcode: 9, payload: Buffer.alloc(126) }), 1002],
    ['a part of nothing', frame({ opcode: 0 }), 1002],
    ['a text within a message in parts', Buffer.concat([text('x', { isFinal: false }), text('y')]), 1002],
    ['half a close code', close(0x03), 1002],
    ['close code 1005', close(0x03, 0xed), 1002],
    ['close code 1006', close(0x03, 0xee), 1002],
    ['close code 999', close(0x03, 0xe7), 1002],
    ['close code 5000', close(0x13, 0x88), 1002],
    ['a close reason that is not UTF-8', close(0x03, 0xe8, 0xff), 1007],
    ['a text that is not UTF-8', frame({ opcode: 1, payload: Buffer.from([0xc0, 0x80]) }), 1007],
    ['a text over the limit', frame({ opcode: 1, payload: Buffer.alloc(LIMIT + 1, 'x') }), 1009],
  ])('refuses %s', (_name, bytes, fault) => {
    expect(read(bytes)).toEqual({ heard: [], fault })
  })

  it.each([
    [0, 126],
    [1, 126],
    [125, 126],
    [0, 127],
    [125, 127],
    [126, 127],
    [65_535, 127],
  ])('refuses a length of %i in the form %i, which is longer than it takes', (length, form) => {
    const head = Buffer.alloc(form === 126 ? 4 : 10)
    head.set([0x81, 0x80 | form])
    if (form === 126) head.writeUInt16BE(length, 2)
    else head.writeBigUInt64BE(BigInt(length), 2)
    const bytes = Buffer.concat([head, Buffer.alloc(4), Buffer.alloc(length, 'x')])
    expect(read(bytes)).toEqual({ heard: [], fault: 1002 })
    expect(read(bytes, [...head.keys()])).toEqual({ heard: [], fault: 1002 })
    // A pong and a close frame too.
    for (const opcode of [9, 8]) {
      bytes[0] = 0x80 | opcode
      expect(read(bytes)).toEqual({ heard: [], fault: 1002 })
    }
  })

  it('refuses a message whose parts are over the limit together', () => {
    const part = Buffer.alloc(LIMIT / 2 + 1, 'x')
    const bytes = Buffer.concat([
      frame({ opcode: 1, payload: part, isFinal: false }),
      frame({ opcode: 0, payload: part }),
    ])
    expect(read(bytes).fault).toBe(1009)
  })

  it('refuses a message in more parts than it keeps, empty ones too', () => {
    const parts = (count: number) =>
      Array.from({ length: count }, (_, index) => frame({ opcode: index === 0 ? 1 : 0, isFinal: false }))
    const end = frame({ opcode: 0, payload: Buffer.from('x') })
    expect(read(Buffer.concat([...parts(MAX_PARTS - 1), end]))).toEqual({ heard: ['x'], fault: undefined })
    expect(read(Buffer.concat([...parts(MAX_PARTS + 1)]))).toEqual({ heard: [], fault: 1008 })
  })

  it.each([
    ['a ping', frame({ opcode: 9 }), frame({ opcode: 9 })],
    ['a pong', frame({ opcode: 10 }), frame({ opcode: 10 })],
    ['a part', text('x', { isFinal: false }), frame({ opcode: 0 })],
  ])('tells of %s before it is taken, and reads nothing behind a no', (_name, one, refused) => {
    const heard: string[] = []
    const sink = {
      onFrame: () => {
        heard.push('frame')
        return heard.length < 2
      },
      onText: () => heard.push('text'),
      onBinary: () => heard.push('binary'),
      onPing: () => undefined,
      onClose: () => heard.push('close'),
    }
    new FrameReader().read(Buffer.concat([one, refused, text('late')]), sink, LIMIT)
    expect(heard).toEqual(['frame', 'frame'])
  })

  it('refuses what is too large by its header, before the rest is there', () => {
    expect(read(frame({ opcode: 1, payload: Buffer.alloc(LIMIT + 1) }).subarray(0, 10)).fault).toBe(1009)
  })
})
