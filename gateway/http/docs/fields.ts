import { toJsonSchema, type JsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'

/** One field of a body as a reader wants it. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly required: boolean
}

/** The fields of an object schema, in its own order; empty for any other schema. */
export function describeFields(schema: GenericSchema): Field[] {
  const { properties = {}, required = [] } = toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' })
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeof property === 'boolean' ? 'anything' : describeType(property),
    required: required.includes(name),
  }))
}

function describeType(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (schema.anyOf)
    return schema.anyOf.map((one) => (typeof one === 'boolean' ? 'anything' : describeType(one))).join(' or ')
  const words = schema.type === 'array' ? describeArray(schema) : String(schema.type ?? 'anything')
  return [words, ...limitsOf(schema)].join(', ')
}

function describeArray({ items }: JsonSchema): string {
  if (Array.isArray(items) || typeof items !== 'object') return 'array'
  if (items.type === 'object' && items.properties)
    return `array of {${Object.keys(items.properties).join(', ')}}`
  return `array of ${describeType(items)}`
}

function limitsOf(schema: JsonSchema): string[] {
  const { minimum, maximum, maxLength, maxItems, default: fallback } = schema
  const range = minimum !== undefined && maximum !== undefined ? `${minimum}–${maximum}` : ''
  return [
    range,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    maxItems === undefined ? '' : `at most ${maxItems}`,
    fallback === undefined ? '' : `default ${JSON.stringify(fallback)}`,
  ].filter(Boolean)
}
