/** What a service finds wrong with a call. */
export class Fault extends Error {
  override readonly name = 'Fault'
}

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads values as strictly as a service does; every method throws Fault, which names the field. */
export const strictly = {
  json(text: string): Fields {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new Fault('the body is not JSON')
    }
    return strictly.fields(value, 'body')
  },

  fields(value: unknown, name: string): Fields {
    if (!isFields(value)) throw new Fault(`${name} is not an object`)
    return value
  },

  /** No field beside these: a misspelt one is ignored by the service, which is worse for a test than an error. */
  only(value: Fields, known: readonly string[], name: string): void {
    const unknown = Object.keys(value).filter((key) => !known.includes(key))
    if (unknown.length > 0) throw new Fault(`${name} has unknown fields: ${unknown.join(', ')}`)
  },

  /** Exactly one of these is there; answers which. */
  oneOf(value: Fields, names: readonly string[], name: string): string {
    const there = names.filter((key) => value[key] !== undefined)
    const [one] = there
    if (one === undefined || there.length > 1)
      throw new Fault(`${name} needs exactly one of ${names.join(', ')}`)
    return one
  },

  /** A text of so many UTF-16 code units, without halves of surrogate pairs. */
  text(value: unknown, name: string, max: number, min = 1): string {
    if (typeof value !== 'string') throw new Fault(`${name} is not a text`)
    if (value.length < min || value.length > max) throw new Fault(`${name} is not ${min}-${max} long`)
    if (Buffer.from(value).toString() !== value) throw new Fault(`${name} holds half a character`)
    return value
  },

  integer(value: unknown, name: string, min: number, max: number): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new Fault(`${name} is not a whole number from ${min} to ${max}`)
    }
    return value
  },

  bytes(value: unknown, name: string, max: number): void {
    const size = Buffer.byteLength(JSON.stringify(value))
    if (size > max) throw new Fault(`${name} has ${size} bytes, more than ${max}`)
  },
}

/** A value within nested objects; undefined when the way there is not. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value
  for (const name of path) here = isFields(here) ? here[name] : undefined
  return here
}

/** A text or number of a checked body as text; anything else is empty. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
