import { HeraldError, MAX_JSON_DEPTH, wellFormed, wellFormedJson } from '@herald/protocol'

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y

/** Digits that a double prints when a sender asks it for all that it has (`%.17g`). */
const DOUBLE_DIGITS = 17

/** Longest piece of a field's name in an error. */
const MAX_NAME_LENGTH = 40

/**
 * Reads JSON as I-JSON (RFC 7493): what would be changed or lost on its way to a reader is refused by the name of its
 * field, and halves of characters become U+FFFD. Throws `invalid_json`, `invalid_body`; never tells a value.
 */
export function readStrictJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new HeraldError('invalid_json')
  }
  new Inspection(text).run()
  return wellFormedJson(text, value)
}

/** An object or a list that the inspection is inside of. */
interface Place {
  /** Names seen so far; undefined in a list. */
  readonly names: Set<string> | undefined
  /** Where it is now: the field's name or the item's index. */
  at: string | number
  /** Whether the next string is a name. */
  awaitsName: boolean
}

/** One walk over a text that is known to be JSON, without recursion. */
class Inspection {
  readonly #text: string
  readonly #places: Place[] = []

  constructor(text: string) {
    this.#text = text
  }

  run(): void {
    const text = this.#text
    for (let index = 0; index < text.length;) {
      const code = text.charCodeAt(index)
      if (code === 0x22) index = this.#string(index)
      else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) index = this.#number(index)
      else {
        this.#mark(code)
        index += 1
      }
    }
  }

  #mark(code: number): void {
    if (code === 0x7b) this.#enter({ names: new Set(), at: '', awaitsName: true })
    else if (code === 0x5b) this.#enter({ names: undefined, at: 0, awaitsName: false })
    else if (code === 0x7d || code === 0x5d) this.#places.pop()
    else if (code === 0x2c) this.#next()
  }

  #enter(place: Place): void {
    this.#places.push(place)
    if (this.#places.length > MAX_JSON_DEPTH) {
      this.#places.pop()
      this.#refuse(`is nested deeper than ${String(MAX_JSON_DEPTH)} levels`)
    }
  }

  #next(): void {
    const place = this.#places.at(-1)
    if (!place) return
    if (place.names) place.awaitsName = true
    else place.at = Number(place.at) + 1
  }

  /** @returns the index after the string. */
  #string(start: number): number {
    const end = endOfString(this.#text, start)
    const place = this.#places.at(-1)
    if (place?.names && place.awaitsName) {
      const raw = this.#text.slice(start, end)
      const name = raw.includes('\\') ? wellFormed(JSON.parse(raw) as string) : raw.slice(1, -1)
      place.awaitsName = false
      place.at = name
      if (name === '__proto__') this.#refuse('is a name that many readers drop')
      if (place.names.has(name)) this.#refuse('stands there twice')
      place.names.add(name)
    }
    return end
  }

  /** @returns the index after the number. */
  #number(start: number): number {
    NUMBER.lastIndex = start
    const token = NUMBER.exec(this.#text)?.[0] ?? ''
    if (!isExact(token)) this.#refuse('is a number that most readers would change; send it as a string')
    return start + token.length
  }

  #refuse(problem: string): never {
    const path = this.#places.map(({ at }) => wellFormed(String(at).slice(0, MAX_NAME_LENGTH)))
    const name = path.slice(0, 8).join('.')
    throw new HeraldError('invalid_body', name === '' ? `The body ${problem}.` : `${name}: ${problem}`)
  }
}

/** The index after the string's closing quote. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes += 1
    if (slashes % 2 === 0) return quote + 1
  }
}

/**
 * Whether a number is the same after a double has held it. Whole numbers are so up to 2^53-1, which is said of their
 * size and not of their digits: ids must not pass or fail by chance. Fractions may have the digits that a double has.
 */
function isExact(token: string): boolean {
  if (token.length <= 15 && !/[eE]/.test(token)) return true
  const value = Number(token)
  if (!Number.isFinite(value)) return false
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(value)
  const given = decimal(token)
  if (decimal(String(value)) === given) return true
  const digits = given.slice(0, given.indexOf('e')).length
  return digits <= DOUBLE_DIGITS && value !== 0 && decimal(value.toPrecision(digits)) === given
}

/** A number's digits without zeros at either end, and the power of ten behind them: equal for equal numbers. */
function decimal(token: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(token) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const trimmed = digits.replace(/0+$/, '')
  if (trimmed === '') return '0e0'
  return `${trimmed}e${String(Number(exponent) - fraction.length + digits.length - trimmed.length)}`
}
