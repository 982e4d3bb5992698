import * as v from 'valibot'

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
export const VendorOptionsSchema = jsonObject(
  OptionsSchema,
  'must be a JSON object of objects, one for each phone maker',
)

/** A variable with a name for each phone maker, as JSON. */
export const NamesByMakerSchema = jsonObject(
  v.string(),
  'must be a JSON object of names, such as {"harmony": "IM"}',
)
