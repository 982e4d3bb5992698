import * as v from 'valibot'
import { wellFormed } from './cut-text'
import { cutToLength } from './cut-text'

/** What a phone maker's channel is told beside the push, by the maker's short name: `{"HW": {"…": "IM"}}`. */
export type VendorOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A variable that holds a JSON object whose values are all of one form. */
function jsonObject<Value>(value: v.GenericSchema<unknown, Value>, message: string) {
  const schema = v.record(v.string(), value)
  const read = (text: string): Record<string, Value> | undefined => {
    try {
      const json: unknown = JSON.parse(text)
      const parsed = v.safeParse(schema, json)
      // An array has values, too.
      return parsed.success && !Array.isArray(json) ? parsed.output : undefined
    } catch {
      // Not JSON: the check says what it should be.
      return undefined
    }
  }
  return v.pipe(
    v.string(),
    v.check((text) => read(text) !== undefined, message),
    v.transform((text): Readonly<Record<string, Value>> => read(text) ?? {}),
  )
}

const OptionsSchema = v.pipe(
  v.unknown(),
  // The record of an array would be one by its indices.
  v.check((options) => !Array.isArray(options)),
  v.record(v.string(), v.unknown()),
)

/** A variable with options for phone makers' channels, as JSON. */
export const VendorOptionsSchema = v.pipe(
  jsonObject(OptionsSchema, 'must be a JSON object of objects, one for each phone maker'),
  v.check(
    (options) => unknownPlaceholders(options).length === 0,
    'may hold the placeholders {title} and {body}, and no other',
  ),
  v.check(
    (options) => Object.values(options).every(isWholeTemplate),
    'must have template_id, template_param (a JSON object) and channel_id together',
  ),
)

/** A variable with a name for each phone maker, as JSON. */
export const NamesByMakerSchema = jsonObject(
  v.string(),
  'must be a JSON object of names, such as {"harmony": "IM"}',
)

/** The texts that options may name. */
export interface OptionTexts {
  readonly title: string
  readonly body: string
}

const PLACEHOLDERS = ['title', 'body'] as const
const PLACEHOLDER = /\{(\w+)\}/g
/** Xiaomi, "小米推送模板接入指南": each variable has 1 to 128 characters, and no emoji. */
const MAX_VARIABLE = 128
const PICTURES =
  /[\p{So}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]|\u{fe0f}|\u{200d}|\u{20e3}/gu

/** Options of one push: `{title}` and `{body}` in their texts become those of the message. */
export function fillOptions(options: VendorOptions, texts: OptionTexts): VendorOptions {
  const values = { title: toVariable(texts.title), body: toVariable(texts.body) }
  return fill(options, values) as VendorOptions
}

/** A text as templates take it; one of which nothing is left is named by the sender. */
function toVariable(text: string): string {
  const plain = wellFormed(text).replace(PICTURES, '').replace(/\s+/g, ' ').trim()
  return cutToLength(plain === '' ? 'Herald' : plain, MAX_VARIABLE)
}

function fill(value: unknown, values: OptionTexts): unknown {
  if (Array.isArray(value)) return value.map((one) => fill(one, values))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one, values)]))
  return typeof value === 'string' ? fillText(value, values) : value
}

/** Within JSON in a text, as Xiaomi's variables are, a quote of the message must not end the text around it. */
function fillText(text: string, values: OptionTexts): string {
  const inner = parseObject(text)
  if (inner !== undefined) return JSON.stringify(fill(inner, values))
  if (!text.includes('{title}') && !text.includes('{body}')) return text
  const filled = text.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? values[name as keyof OptionTexts] : whole,
  )
  return cutToLength(filled, MAX_VARIABLE)
}

function parseObject(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null ? read : undefined
  } catch {
    return undefined // a text that only begins like JSON
  }
}

/** Placeholders that no push would fill: they would be shown to people. */
function unknownPlaceholders(options: unknown): string[] {
  if (typeof options === 'object' && options !== null)
    return Object.values(options).flatMap(unknownPlaceholders)
  if (typeof options !== 'string') return []
  const inner = parseObject(options)
  if (inner !== undefined) return unknownPlaceholders(inner)
  const names = [...options.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
  return names.filter((name) => !PLACEHOLDERS.some((known) => known === name))
}

/** Whether a template of Xiaomi's stands with the channel and the variables that it needs. */
function isWholeTemplate(maker: Readonly<Record<string, unknown>>): boolean {
  const has = (name: string): boolean =>
    Object.keys(maker).some((key) => key === name || key.endsWith(`.${name}`))
  const variables = Object.entries(maker).find(
    ([key]) => key === 'template_param' || key.endsWith('.template_param'),
  )
  if (!has('template_id')) return variables === undefined
  if (variables === undefined || !has('channel_id')) return false
  const [, value] = variables
  if (typeof value === 'string') return parseObject(value) !== undefined
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
