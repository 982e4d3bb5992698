import type { Chance } from '../../simulation/chance'
import { frame } from '../../ws/client-frames'
import { damage } from './junk'
import { makeOffence, type Offence } from './frame-offences'
import { legalFrame, makeHello, type SocketWorld } from './legal-frames'

/** How often each kind is taken. The offences come behind legal frames, so that most of what is sent is also read. */
const KINDS = {
  ...{ random: 2, fragmented: 2, control: 2, oversized: 1, compressed: 1, utf8: 1, near: 3 },
  ...{ legal: 3, mutated: 3, cut: 2, mixed: 2 },
} as const satisfies Record<Offence | 'legal' | 'mutated' | 'cut' | 'mixed', number>

export type ScriptKind = keyof typeof KINDS

/** What one socket says. */
export interface FrameScript {
  readonly kind: ScriptKind
  readonly hello: Buffer
  /** Whether it waits for the welcome, as it should: what overtakes it is dropped. */
  readonly waits: boolean
  readonly bytes: Buffer
  /** Frames, hello among them. */
  readonly frames: number
  /** What it does then: asks for a sign of life, ends its half, or resets the connection. */
  readonly ending: 'ask' | 'end' | 'reset'
}

/** The script of a socket; the same chance gives the same one. */
export function makeScript(chance: Chance, world: SocketWorld): FrameScript {
  const kind = chance.weighted(KINDS)
  const hello = encode(makeHello(chance, world))
  const legal = Array.from({ length: chance.between(10, 60) }, () =>
    dress(chance, encode(legalFrame(chance, world))),
  ).flat()
  const frames = framesOf(kind, chance, world, legal)
  const whole = Buffer.concat(frames)
  const isCut = kind === 'cut'
  return {
    ...{ kind, hello: frame({ opcode: 1, payload: hello }), waits: chance.hits(0.85) },
    bytes:
      kind === 'mutated'
        ? damage(chance, whole)
        : isCut
          ? whole.subarray(0, chance.between(0, whole.length))
          : whole,
    frames: frames.length + 1,
    ending: isCut ? (chance.of(['end', 'reset'] as const) ?? 'end') : chance.hits(0.9) ? 'ask' : 'end',
  }
}

function framesOf(kind: ScriptKind, chance: Chance, world: SocketWorld, legal: Buffer[]): Buffer[] {
  if (kind === 'legal' || kind === 'mutated' || kind === 'cut') return legal
  if (kind !== 'mixed') return [...legal, ...makeOffence(kind, chance, world), ...legal.slice(0, 3)]
  // Frames of two sessions of two users, hello among them, in any order.
  const other = Array.from({ length: 10 }, () =>
    frame({ opcode: 1, payload: encode(legalFrame(chance, world)) }),
  )
  const second = frame({ opcode: 1, payload: encode(makeHello(chance, world)) })
  return shuffle(chance, [...legal, ...other, ...(chance.hits(0.5) ? [second] : [])])
}

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** A text as one frame or, seldom, in parts with control frames in between, which is legal too (RFC 6455 §5.4). */
function dress(chance: Chance, payload: Buffer): Buffer[] {
  if (!chance.hits(0.1)) return [frame({ opcode: 1, payload })]
  const at = chance.between(0, payload.length)
  const between = chance.hits(0.5) ? [frame({ opcode: 9, payload: Buffer.from('between') })] : []
  return [
    frame({ opcode: 1, isFinal: false, payload: payload.subarray(0, at) }),
    ...between,
    frame({ opcode: 0, payload: payload.subarray(at) }),
  ]
}

function shuffle<T>(chance: Chance, list: readonly T[]): T[] {
  return list
    .map((one) => [chance.next(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one)
}
