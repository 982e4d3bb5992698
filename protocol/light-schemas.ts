// Stands in for valibot in the builds of the client, which need the first fault of a value and nothing else: a part of the
// bytes. Types come from valibot itself; a test holds each schema of the protocol to it, value by value. What is marked as without
// side effects is left out where a build does not use it.

/** What is wrong with a value, as far as the protocol reads it. */
interface Issue {
  readonly type: string
  readonly expected: string | null
  readonly received: string
  readonly message: string | undefined
  path: { readonly key: PropertyKey }[]
}

class Fault extends Error {
  readonly issue: Issue

  constructor(issue: Issue) {
    super(issue.type)
    this.issue = issue
  }
}

type Read = (value: unknown) => unknown

interface Schema {
  readonly type: string
  readonly expects: string
  /** The value as it is read. Throws a fault. */
  readonly read: Read
  readonly default?: unknown
  readonly literal?: unknown
  readonly entries?: Entries
}

type Entries = Readonly<Record<string, Schema>>
type Keyed = Readonly<Record<string, unknown>>

function refuse(type: string, expected: string | null, value: unknown, message?: string): never {
  throw new Fault({ type, expected, received: value === undefined ? 'undefined' : '', message, path: [] })
}

/** A schema that takes what passes a test, as it is. */
const simple = /* @__NO_SIDE_EFFECTS__ */ (
  type: string,
  expects: string,
  passes: (value: unknown) => boolean,
  more?: object,
) => ({
  type,
  expects,
  read: (value: unknown) => (passes(value) ? value : refuse(type, expects, value)),
  ...more,
})

/** What is wrong below a key is told with it. */
function below(key: PropertyKey, value: unknown, { read }: Schema): unknown {
  try {
    return read(value)
  } catch (error) {
    if (error instanceof Fault) error.issue.path.unshift({ key })
    throw error
  }
}

const isKeyed = (value: unknown): value is Keyed => typeof value === 'object' && value !== null
const text = /* @__NO_SIDE_EFFECTS__ */ (value: unknown): string =>
  typeof value === 'string' ? `"${value}"` : String(value)
const oneOf = /* @__NO_SIDE_EFFECTS__ */ (expected: readonly string[]): string => {
  const different = [...new Set(expected)]
  return different.length > 1 ? `(${different.join(' | ')})` : (different[0] ?? 'never')
}

export const string = /* @__NO_SIDE_EFFECTS__ */ () =>
  simple('string', 'string', (value) => typeof value === 'string')
export const boolean = /* @__NO_SIDE_EFFECTS__ */ () =>
  simple('boolean', 'boolean', (value) => typeof value === 'boolean')
export const number = /* @__NO_SIDE_EFFECTS__ */ () =>
  simple('number', 'number', (value) => typeof value === 'number' && !Number.isNaN(value))
export const unknown = /* @__NO_SIDE_EFFECTS__ */ () => simple('unknown', 'unknown', () => true)
export const custom = /* @__NO_SIDE_EFFECTS__ */ (passes: (value: unknown) => boolean, message?: string) => ({
  type: 'custom',
  expects: 'unknown',
  read: (value: unknown) => (passes(value) ? value : refuse('custom', 'unknown', value, message)),
})
export const literal = /* @__NO_SIDE_EFFECTS__ */ (wanted: unknown) =>
  simple('literal', text(wanted), (value) => value === wanted, { literal: wanted })
export const picklist = /* @__NO_SIDE_EFFECTS__ */ (options: readonly unknown[]) =>
  simple('picklist', oneOf(options.map(text)), (value) => options.includes(value), { options })

export const optional = /* @__NO_SIDE_EFFECTS__ */ (wrapped: Schema, byDefault?: unknown) => ({
  type: 'optional',
  expects: `(${wrapped.expects} | undefined)`,
  default: byDefault,
  read: (value: unknown) => {
    const given = value === undefined ? byDefault : value
    return given === undefined ? given : wrapped.read(given)
  },
})
export const nullable = /* @__NO_SIDE_EFFECTS__ */ (wrapped: Schema) => ({
  type: 'nullable',
  expects: `(${wrapped.expects} | null)`,
  read: (value: unknown) => (value === null ? value : wrapped.read(value)),
})

function readKnown(type: string, entries: Entries, value: unknown): Record<string, unknown> {
  if (!isKeyed(value)) return refuse(type, 'Object', value)
  const known: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(entries)) {
    if (key in value || schema.default !== undefined)
      known[key] = below(key, key in value ? value[key] : schema.default, schema)
    else if (schema.type !== 'optional')
      below(key, undefined, { ...schema, read: () => refuse(type, `"${key}"`, undefined) })
  }
  return known
}

export const object = /* @__NO_SIDE_EFFECTS__ */ (entries: Entries) => ({
  type: 'object',
  expects: 'Object',
  entries,
  read: (value: unknown) => readKnown('object', entries, value),
})

export const strictObject = /* @__NO_SIDE_EFFECTS__ */ (entries: Entries) => ({
  type: 'strict_object',
  expects: 'Object',
  entries,
  read: (value: unknown) => {
    const known = readKnown('strict_object', entries, value)
    for (const key in value as Keyed)
      if (!Object.prototype.hasOwnProperty.call(entries, key))
        below(key, key, { ...unknown(), read: () => refuse('strict_object', 'never', key) })
    return known
  },
})

const list = /* @__NO_SIDE_EFFECTS__ */ (type: string, read: (value: readonly unknown[]) => unknown[]) => ({
  type,
  expects: 'Array',
  read: (value: unknown) => (Array.isArray(value) ? read(value) : refuse(type, 'Array', value)),
})
export const array = /* @__NO_SIDE_EFFECTS__ */ (item: Schema) =>
  list('array', (values) => Array.from(values, (value, index) => below(index, value, item)))
export const tuple = /* @__NO_SIDE_EFFECTS__ */ (items: readonly Schema[]) =>
  list('tuple', (values) => items.map((item, index) => below(index, values[index], item)))

/** JSON.parse makes these keys its own; to assign them would change what the object is. */
const UNSAFE = ['__proto__', 'prototype', 'constructor']

export const record = /* @__NO_SIDE_EFFECTS__ */ (keys: Schema, values: Schema) => ({
  type: 'record',
  expects: 'Object',
  read: (value: unknown) => {
    if (!isKeyed(value)) return refuse('record', 'Object', value)
    const known: Record<string, unknown> = {}
    for (const [key, one] of Object.entries(value)) {
      if (UNSAFE.includes(key)) continue
      const name = below(key, key, keys)
      known[name as string] = below(key, one, values)
    }
    return known
  },
})

export const variant = /* @__NO_SIDE_EFFECTS__ */ (key: string, options: readonly Schema[]) => ({
  type: 'variant',
  expects: 'Object',
  options,
  read: (value: unknown) => {
    if (!isKeyed(value)) return refuse('variant', 'Object', value)
    const told = options.map(({ entries }) => entries?.[key])
    const chosen = options[told.findIndex((one) => one?.literal === value[key])]
    if (chosen) return chosen.read(value)
    const expected = oneOf(told.map((one) => one?.expects ?? ''))
    return below(key, value[key], { ...unknown(), read: (given) => refuse('variant', expected, given) })
  },
})

/** A step of a pipe. */
type Step = Pick<Schema, 'read'>

export const pipe = /* @__NO_SIDE_EFFECTS__ */ (first: Schema, ...steps: readonly Step[]): Schema => ({
  ...first,
  read: (value) => steps.reduce((read, step) => step.read(read), first.read(value)),
})

const step = /* @__NO_SIDE_EFFECTS__ */ (
  type: string,
  expects: string | null,
  passes: (value: never) => boolean,
  message?: string,
): Step => ({
  read: (value) => (passes(value as never) ? value : refuse(type, expects, value, message)),
})

type Sized = string | readonly unknown[]

export const minLength = /* @__NO_SIDE_EFFECTS__ */ (least: number) =>
  step('min_length', `>=${String(least)}`, ({ length }: Sized) => length >= least)
export const maxLength = /* @__NO_SIDE_EFFECTS__ */ (most: number) =>
  step('max_length', `<=${String(most)}`, ({ length }: Sized) => length <= most)
export const minValue = /* @__NO_SIDE_EFFECTS__ */ (least: number) =>
  step('min_value', `>=${text(least)}`, (value: number) => value >= least)
export const maxValue = /* @__NO_SIDE_EFFECTS__ */ (most: number) =>
  step('max_value', `<=${text(most)}`, (value: number) => value <= most)
export const integer = /* @__NO_SIDE_EFFECTS__ */ () => step('integer', null, Number.isInteger)
export const safeInteger = /* @__NO_SIDE_EFFECTS__ */ () => step('safe_integer', null, Number.isSafeInteger)
export const regex = /* @__NO_SIDE_EFFECTS__ */ (pattern: RegExp, message?: string) =>
  step('regex', String(pattern), (value: string) => pattern.test(value), message)
export const check = /* @__NO_SIDE_EFFECTS__ */ (passes: (value: never) => boolean, message?: string) =>
  step('check', null, passes, message)
export const uuid = /* @__NO_SIDE_EFFECTS__ */ () => step('uuid', null, (value: string) => UUID.test(value))
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu

export const transform = /* @__NO_SIDE_EFFECTS__ */ (change: Read): Step => ({ read: change })
export const readonly = /* @__NO_SIDE_EFFECTS__ */ (): Step => ({ read: (value) => value })

/** Reads a value, with the first fault where there is one. */
export function safeParse({ read }: Schema, value: unknown) {
  try {
    return { success: true, output: read(value), issues: undefined }
  } catch (error) {
    if (error instanceof Fault) return { success: false, output: undefined, issues: [error.issue] }
    throw error
  }
}

/** Where the fault is, as `feeds.0.seq`; null: it is the value itself. */
export const getDotPath = ({ path }: Issue): string | null =>
  path.length === 0 ? null : path.map(({ key }) => String(key)).join('.')
