import type { Chance } from '../../simulation/chance'
import type { ApiDocument, Schema } from './api-document'
import type { Json } from './junk'

/** Strings of which one fits whatever the API asks for. A pattern that none fits makes the run fail: it wants a word here. */
const WORDS = [
  ...['all', 'topic:t0', 'topic:fuzz', 'user:fuzz-0', 'user:nobody', 'fuzz-0', 'fuzz-1', 'nobody', 'a.b_c-d'],
  ...[
    '0',
    '1',
    '7',
    '50',
    '100',
    '999',
    '999999999999999',
    '08:30',
    '23:59',
    'fuzz-device-1',
    'some-other-device',
  ],
  ...[
    'https://example.invalid/x?y=1',
    'http://127.0.0.1/',
    'mailto:a@example.invalid',
    'tel:+123',
    'topic:*',
    '*',
  ],
  ...['7d0c8a51-6c8f-4a55-9a0e-2f1f8f3b7c11', 'B'.repeat(87), 'c'.repeat(22), 'https://push.invalid/send/1'],
  ...['Deployed', '订单已付款', 'x', 'zh-Hans', 'Europe/Berlin', 'text with **marks**'],
]

/** Values that fit the document's schemas; where the gateway has told of a value of that name, often that one. */
export class SchemaValues {
  readonly #schemas: ApiDocument['components']['schemas']
  readonly #chance: Chance
  /** @param told strings that answers held under a name, or undefined */
  readonly #told: (name: string) => string | undefined

  constructor(document: ApiDocument, chance: Chance, told: (name: string) => string | undefined) {
    this.#schemas = document.components.schemas
    this.#chance = chance
    this.#told = told
  }

  valueOf(schema: Schema, name = ''): Json {
    const { $ref, enum: choices, const: only, anyOf, type } = schema
    if ($ref !== undefined) return this.valueOf(this.#schemas[$ref.split('/').at(-1) ?? ''] ?? {}, name)
    if (choices !== undefined) return this.#chance.of(choices) ?? null
    if (only !== undefined) return only
    if (anyOf !== undefined) return this.valueOf(this.#chance.of(anyOf) ?? {}, name)
    switch (type) {
      case 'string':
        return this.stringOf(schema, name)
      case 'integer':
      case 'number':
        return this.#numberOf(schema)
      case 'boolean':
        return this.#chance.hits(0.5)
      case 'null':
        return null
      case 'array':
        return this.#listOf(schema, name)
      default:
        return this.#objectOf(schema)
    }
  }

  stringOf({ pattern, format, minLength = 0, maxLength = Infinity }: Schema, name: string): string {
    const told = this.#told(name)
    const fits = (word: string): boolean =>
      (pattern === undefined || new RegExp(pattern, 'u').test(word)) &&
      (format !== 'uuid' || /^[\da-f]{8}-/.test(word)) &&
      word.length >= minLength &&
      word.length <= maxLength
    if (told !== undefined && fits(told) && this.#chance.hits(0.6)) return told
    const word = this.#chance.of(WORDS.filter(fits))
    if (word === undefined) throw new Error(`no word fits ${name} ${JSON.stringify({ pattern, format })}`)
    return word
  }

  #numberOf({ minimum = 0, maximum = 100 }: Schema): number {
    if (this.#chance.hits(0.1)) return this.#chance.hits(0.5) ? minimum : maximum
    return this.#chance.between(minimum, Math.min(maximum, minimum + 100))
  }

  #listOf({ items, prefixItems, minItems = 0, maxItems = 10 }: Schema, name: string): Json[] {
    if (prefixItems !== undefined) {
      const values = prefixItems.map((schema) => this.valueOf(schema, name))
      // Ranges: the first is not above the last.
      return values.every((value) => typeof value === 'number') ? values.sort((a, b) => a - b) : values
    }
    const count = this.#chance.between(minItems, Math.min(maxItems, minItems + 3))
    return Array.from({ length: count }, () => this.valueOf(items ?? {}, name))
  }

  #objectOf({ properties = {}, required = [] }: Schema): Json {
    const fields = Object.entries(properties).filter(
      ([name]) => required.includes(name) || this.#chance.hits(0.5),
    )
    return Object.fromEntries(fields.map(([name, schema]) => [name, this.valueOf(schema, name)]))
  }
}
