import { MAX_JSON_DEPTH } from './limits'

/** Half of a surrogate pair without its other half; with the flag `u` whole pairs do not match. */
const LONE_SURROGATE = /[\uD800-\uDFFF]/gu

/** How such a half stands in JSON, where it is the only way past a check for UTF-8. Whole pairs match too. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/** The text with U+FFFD for each half of a character (`toWellFormed`, which old webviews do not have). */
export const wellFormed = (text: string): string => text.replace(LONE_SURROGATE, '\uFFFD')

/**
 * What `JSON.parse` made of a text, with every string and name in it well-formed: strict readers refuse a page with
 * one half of a character in it. Throws RangeError for what is nested deeper than `MAX_JSON_DEPTH`.
 */
export function wellFormedJson(text: string, value: unknown): unknown {
  return SURROGATE_ESCAPE.test(text) ? mendStrings(value, 0) : value
}

function mendStrings(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_JSON_DEPTH) throw new RangeError('nested too deep')
  if (Array.isArray(value)) return value.map((item) => mendStrings(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [wellFormed(name), mendStrings(item, depth + 1)]),
  )
}

/** Ranges of UTF-16 units that show nothing: blanks, controls, and characters without a shape or a width. */
const UNSEEN: readonly (readonly [first: number, last: number])[] = [
  [0, 0x20],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  // Second halves of pairs, and the first half of U+E0000 and on: tags and variation selectors.
  [0xdb40, 0xdb40],
  [0xdc00, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
]

/** Whether a text shows nothing at all. By a table: `\p{…}` is a fault of syntax in old webviews. */
export function isBlank(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (!UNSEEN.some(([first, last]) => unit >= first && unit <= last)) return false
  }
  return true
}

/** Ranges of UTF-16 units that command: a terminal, the line, or the direction of what stands around them. */
const COMMANDS: readonly (readonly [first: number, last: number])[] = [
  [0, 0x1f],
  [0x7f, 0x9f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
]

/** The text with what `show` makes of each character that commands instead of being shown. */
export function withoutCommands(text: string, show: (unit: number) => string): string {
  let shown = ''
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    shown += COMMANDS.some(([first, last]) => unit >= first && unit <= last) ? show(unit) : text.charAt(index)
  }
  return shown
}
