import fc from 'fast-check'
import type { Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import * as ws from 'ws'
import { FrameReader } from '../../../gateway/ws/wire/frame-reader'
import { frame } from './client-frames'

const LIMIT = 70_000

/** What a reader of frames tells: the messages and pings in their order, then how it ended, if it did. */
type Told = readonly string[]

/** The receiver of `ws`, which its types leave out. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable
}

const codeOf = (error: Error & { code?: string }): number => {
  if (error.code === 'WS_ERR_INVALID_UTF8') return 1007
  return error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 1009 : 1002
}

async function byWs(pieces: readonly Buffer[]): Promise<Told> {
  const told: string[] = []
  const receiver = new Receiver({ isServer: true, maxPayload: LIMIT })
  receiver.on('message', (payload: Buffer, isBinary: boolean) =>
    told.push(isBinary ? 'binary' : `text ${payload.toString()}`),
  )
  receiver.on('ping', (payload: Buffer) => told.push(`ping ${payload.toString('hex')}`))
  receiver.on('conclude', (code: number) => told.push(`close ${code}`))
  receiver.on('error', (error) => told.push(`fault ${codeOf(error)}`))
  for (const piece of pieces) {
    if (told.some(isEnd)) break
    receiver.write(piece)
    // A stream tells its errors a turn later.
    await nextTurn()
  }
  return told
}

function byUs(pieces: readonly Buffer[]): Told {
  const told: string[] = []
  const reader = new FrameReader()
  const sink = {
    onFrame: () => true,
    onText: (payload: Buffer) => told.push(`text ${payload.toString()}`),
    onBinary: () => told.push('binary'),
    onPing: (payload: Buffer) => told.push(`ping ${payload.toString('hex')}`),
    onClose: (code: number) => told.push(`close ${code}`),
  }
  for (const piece of pieces) {
    if (told.some(isEnd)) break
    const fault = reader.read(piece, sink, LIMIT)
    if (fault) told.push(`fault ${fault.code}`)
  }
  // Behind a close frame nothing counts.
  const end = told.findIndex(isEnd)
  return end < 0 ? told : told.slice(0, end + 1)
}

const isEnd = (event: string): boolean => /^(?:close|fault)/.test(event)

const bytes = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((words) => Buffer.from(words)),
  fc.uint8Array({ maxLength: 130 }).map((values) => Buffer.from(values)),
  fc
    .constantFrom(124, 125, 126, 127, 65_535, 65_536, LIMIT, LIMIT + 1)
    .map((size) => Buffer.alloc(size, 'a')),
)
const closing = fc
  .tuple(fc.oneof(fc.integer({ min: 990, max: 1020 }), fc.integer({ min: 0, max: 65_535 })), fc.string())
  .map(([code, reason]) =>
    Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason.slice(0, 40))]),
  )
const anyFrame = fc
  .record({
    opcode: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0, 1, 1, 2, 9, 10) },
      fc.constantFrom(8, 8, 3, 7, 11, 15),
    ),
    payload: bytes,
    closing: fc.option(closing, { nil: undefined }),
    isFinal: fc.boolean(),
    isMasked: fc.integer({ min: 0, max: 15 }).map((chance) => chance > 0),
    reserved: fc.oneof({ weight: 15, arbitrary: fc.constant(0) }, fc.constantFrom(0x10, 0x20, 0x40)),
  })
  .map(({ closing: reason, ...parts }) =>
    frame(parts.opcode === 8 && reason ? { ...parts, payload: reason, isFinal: true } : parts),
  )

it('tells of any bytes, however they are cut, what the receiver of ws tells', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyFrame, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      async (frames, cuts) => {
        const all = Buffer.concat(frames)
        const ends = [...cuts.map((cut) => cut % (all.length + 1)), all.length].sort((a, b) => a - b)
        // Each reader gets its own copies: both take the masks off in place.
        const pieces = () =>
          ends
            .map((end, index) => Buffer.from(all.subarray(ends[index - 1] ?? 0, end)))
            .filter(({ length }) => length > 0)
        expect(byUs(pieces())).toEqual(await byWs(pieces()))
      },
    ),
    { numRuns: 2000 },
  )
})
