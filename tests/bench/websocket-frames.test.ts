import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientFrame, FrameScanner } from '@herald/bench/load/websocket-frames'
import { encodeFrame } from '../../gateway/ws/wire/text-frame'

/** The payloads of some bytes that come in the given pieces, through one buffer that is used again. */
function scanned(bytes: Buffer, cuts: readonly number[]): string[] {
  const scanner = new FrameScanner()
  const payloads: string[] = []
  const shared = Buffer.alloc(bytes.length)
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  let from = 0
  for (const end of ends) {
    const length = bytes.copy(shared, 0, from, end)
    scanner.scan(shared.subarray(0, length), (_opcode, frame, start, stop) => {
      payloads.push(frame.toString('utf8', start, stop))
    })
    shared.fill(0)
    from = end
  }
  return payloads
}

describe('the frame scanner of the load generator', () => {
  it('finds every frame, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(1, 80, 130, 70_000), { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (lengths, cuts) => {
          const frames = lengths.map((length) => ({ type: 'unfollow', feed: 'x'.repeat(length) }) as const)
          const bytes = Buffer.concat(frames.map((frame) => encodeFrame(frame)))
          expect(scanned(bytes, cuts)).toEqual(frames.map((frame) => JSON.stringify(frame)))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('refuses a frame with a mask, which only clients may send', () => {
    expect(() => scanned(clientFrame('x'), [])).toThrow('mask')
  })
})
