import { deflateRawSync } from 'node:zlib'
import type { Chance } from '../../simulation/chance'
import { frame } from '../../ws/client-frames'
import { changeJson, junkBytes, type Json } from './junk'
import { legalFrame, makeHello, type SocketWorld } from './legal-frames'

/** Kinds of frames that no client may send, or that come near to that. */
export type Offence = 'random' | 'fragmented' | 'control' | 'oversized' | 'compressed' | 'utf8' | 'near'

export function makeOffence(kind: Offence, chance: Chance, world: SocketWorld): Buffer[] {
  switch (kind) {
    case 'random':
      return Array.from({ length: chance.between(1, 4) }, () => wildFrame(chance))
    case 'fragmented':
      return fragments(chance)
    case 'control':
      return controls(chance)
    case 'oversized':
      return [claim(chance), junkBytes(chance, chance.delay(0, 2000))]
    case 'compressed':
      return [compressed(chance, world)]
    case 'utf8':
      return badText(chance)
    case 'near':
      return [nearFrame(chance, world)]
  }
}

/** Any bits in the header, any payload. */
function wildFrame(chance: Chance): Buffer {
  return frame({
    opcode: chance.between(0, 15),
    isFinal: chance.hits(0.7),
    isMasked: chance.hits(0.9),
    reserved: chance.hits(0.8) ? 0 : chance.between(1, 7) << 4,
    payload: junkBytes(chance, chance.delay(0, 1000)),
  })
}

const textPart = (payload: string, isFinal: boolean, opcode = 0): Buffer =>
  frame({ opcode, isFinal, payload: Buffer.from(payload) })

function fragments(chance: Chance): Buffer[] {
  const empty = textPart('', false)
  switch (chance.weighted({ endless: 2, orphan: 1, nested: 1, binary: 1, open: 2 })) {
    case 'endless':
      return [textPart('', false, 1), ...Array.from({ length: chance.between(60, 70) }, () => empty)]
    case 'orphan':
      return [textPart('x', chance.hits(0.5))]
    case 'nested':
      return [textPart('{', false, 1), textPart('{"type":"ping"}', true, 1)]
    case 'binary':
      return [textPart('{"type"', false, 2), textPart(':"ping"}', true)]
    case 'open':
      return [
        textPart('{"type":"pi', false, 1),
        ...Array.from({ length: chance.between(0, 20) }, () => empty),
      ]
  }
}

/** Close codes at the edges of what RFC 6455 §7.4 allows, and beyond. */
const CODES = [0, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1015, 1016, 2999, 3000, 4000, 4500, 4999, 5000]

function controls(chance: Chance): Buffer[] {
  const many = Array.from({ length: chance.between(0, 30) }, () =>
    frame({
      opcode: chance.hits(0.5) ? 9 : 10,
      payload: junkBytes(chance, chance.hits(0.9) ? chance.between(0, 125) : 126),
    }),
  )
  const code = Buffer.alloc(2)
  code.writeUInt16BE(chance.of(CODES) ?? 1000)
  const reason = chance.hits(0.7) ? Buffer.from('bye') : junkBytes(chance, chance.between(0, 130))
  const payload = chance.hits(0.8) ? Buffer.concat([code, reason]) : junkBytes(chance, chance.between(0, 2))
  return [...many, frame({ opcode: 8, payload, isFinal: chance.hits(0.9) })]
}

/** A header that says more than it brings: from one byte too many to lengths that no number holds. */
function claim(chance: Chance): Buffer {
  const opcode = chance.of([0x81, 0x82, 0x01, 0x80, 0x89]) ?? 0x81
  if (chance.hits(0.3)) return Buffer.from([opcode, 0x80 | 126, chance.between(0x40, 0xff), 1, 1, 2, 3, 4])
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(
    chance.of([16_385n, 65_536n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 5n]) ?? 0n,
  )
  return Buffer.concat([Buffer.from([opcode, 0x80 | 127]), length, Buffer.from([1, 2, 3, 4])])
}

/** As permessage-deflate would send it, which was not agreed on (RFC 7692). */
function compressed(chance: Chance, world: SocketWorld): Buffer {
  const text = Buffer.from(JSON.stringify(legalFrame(chance, world)))
  const payload = chance.hits(0.7) ? deflateRawSync(text) : deflateRawSync(Buffer.alloc(1_000_000))
  return frame({ opcode: 1, reserved: chance.of([0x40, 0x20, 0x10, 0x70]) ?? 0x40, payload })
}

const BAD_UTF8 = [
  ...[[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe4, 0xbd], [0x80], [0xf8, 0x88]],
]

function badText(chance: Chance): Buffer[] {
  const bad = Buffer.from(chance.of(BAD_UTF8) ?? [0xff])
  const payload = Buffer.concat([Buffer.from('{"type":"ping","x":"'), bad, Buffer.from('"}')])
  if (chance.hits(0.5)) return [frame({ opcode: 1, payload })]
  const at = chance.between(0, payload.length)
  return [
    frame({ opcode: 1, isFinal: false, payload: payload.subarray(0, at) }),
    frame({ opcode: 0, payload: payload.subarray(at) }),
  ]
}

/** A frame of ours with one thing changed, or with its text cut. */
function nearFrame(chance: Chance, world: SocketWorld): Buffer {
  const whole = chance.hits(0.2) ? makeHello(chance, world) : legalFrame(chance, world)
  const text = JSON.stringify(changeJson(chance, whole as unknown as Json))
  const isCut = chance.hits(0.1)
  return frame({ opcode: 1, payload: Buffer.from(isCut ? text.slice(0, text.length >> 1) : text) })
}
