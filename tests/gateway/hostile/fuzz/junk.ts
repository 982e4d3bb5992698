import type { Chance } from '../../simulation/chance'

/** What JSON may be. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Texts at which programs break: empty, long, of other languages, of control characters, halves of characters. */
const TEXTS = [
  ...['', ' ', '\0', '\n', '\u2028', '\ufeff', '\u200b', '\ud83d', '\udc00', '💥', '订单已付款', 'مرحبا'],
  ...['__proto__', 'constructor', 'toString', '../../etc/passwd', '%00', '%ff', '{}', '[', '"', 'null', '-1'],
  ...["' OR 1=1 --", '<script>', '${7*7}', 'topic:', 'user:', 'all', 'a'.repeat(65), '9'.repeat(40), '1e999'],
]

const NUMBERS = [
  ...[0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e21, 1e308, Number.MIN_VALUE, 65_536],
]

const NAMES = ['id', 'type', 'feed', 'seq', '__proto__', 'constructor', 'length', 'then', 'toJSON', '', 'x']

export const junkBytes = (chance: Chance, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => chance.between(0, 255)))

export function junkText(chance: Chance): string {
  const text = chance.of(TEXTS) ?? ''
  if (chance.hits(0.7)) return text
  return text.repeat(chance.between(1, 40)) + String.fromCharCode(chance.between(0, 0xffff))
}

/** Any JSON, sometimes nested deeper than anybody reads. */
export function junkJson(chance: Chance, depth = 3): Json {
  if (depth === 3 && chance.hits(0.03)) return nested(chance.between(30, 3000))
  switch (chance.weighted({ text: 4, number: 3, word: 2, list: 1, object: 2 })) {
    case 'text':
      return junkText(chance)
    case 'number':
      return chance.of(NUMBERS) ?? 0
    case 'word':
      return chance.of([true, false, null]) ?? null
    case 'list':
      return Array.from({ length: depth > 0 ? chance.between(0, 4) : 0 }, () => junkJson(chance, depth - 1))
    case 'object':
      return objectOf(
        Array.from({ length: depth > 0 ? chance.between(0, 4) : 0 }, () => [
          chance.of(NAMES) ?? 'x',
          junkJson(chance, depth - 1),
        ]),
      )
  }
}

function nested(depth: number): Json {
  let inside: Json = []
  for (let level = 0; level < depth; level += 1) inside = level % 2 === 0 ? [inside] : { a: inside }
  return inside
}

/** An object whose names may be `__proto__` too. */
const objectOf = (fields: [string, Json][]): Json => Object.fromEntries(fields)

/** One thing of it is changed: a field gone, renamed, doubled, of another kind, or one too many. */
export function changeJson(chance: Chance, value: Json): Json {
  if (Array.isArray(value)) return changeList(chance, value)
  if (value === null || typeof value !== 'object') return junkJson(chance)
  const fields = Object.entries(value)
  const index = chance.between(0, Math.max(0, fields.length - 1))
  const [name, inside] = fields[index] ?? ['x', null]
  switch (chance.weighted({ inside: 5, gone: 2, renamed: 1, more: 2, all: 1 })) {
    case 'inside':
      fields[index] = [name, changeJson(chance, inside)]
      return objectOf(fields)
    case 'gone':
      return objectOf(fields.toSpliced(index, 1))
    case 'renamed':
      fields[index] = [chance.of(NAMES) ?? 'x', inside]
      return objectOf(fields)
    case 'more':
      return objectOf([...fields, [chance.of(NAMES) ?? 'x', junkJson(chance)]])
    case 'all':
      return junkJson(chance)
  }
}

function changeList(chance: Chance, list: Json[]): Json {
  const index = chance.between(0, Math.max(0, list.length - 1))
  if (list.length === 0 || chance.hits(0.2)) return [...list, junkJson(chance)]
  if (chance.hits(0.2)) return Array.from({ length: chance.between(2, 300) }, () => list[index] ?? null)
  return list.toSpliced(index, 1, changeJson(chance, list[index] ?? null))
}

/** Some bytes flipped, cut out, put in, doubled or moved. */
export function damage(chance: Chance, bytes: Buffer): Buffer {
  let damaged = Buffer.from(bytes)
  for (let change = chance.between(1, 3); change > 0 && damaged.length > 0; change -= 1) {
    const at = chance.between(0, damaged.length - 1)
    const end = Math.min(damaged.length, at + chance.delay(1, 200))
    const [before, slice, after] = [damaged.subarray(0, at), damaged.subarray(at, end), damaged.subarray(end)]
    switch (chance.weighted({ flipped: 4, cut: 2, junk: 2, doubled: 1, moved: 1 })) {
      case 'flipped':
        damaged[at] = (damaged[at] ?? 0) ^ (1 << chance.between(0, 7))
        break
      case 'cut':
        damaged = Buffer.concat([before, after])
        break
      case 'junk':
        damaged = Buffer.concat([before, junkBytes(chance, chance.delay(1, 300)), after])
        break
      case 'doubled':
        damaged = Buffer.concat([before, slice, slice, after])
        break
      case 'moved':
        damaged = Buffer.concat([slice, before, after])
        break
    }
  }
  return damaged
}

/** The bytes in some pieces, as networks deliver them. */
export function inPieces(chance: Chance, bytes: Buffer): Buffer[] {
  const count = chance.hits(0.02) ? Math.min(bytes.length, 150) : chance.delay(1, 6)
  const ends = Array.from({ length: count - 1 }, () => chance.between(0, bytes.length)).sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}
