import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import fc from 'fast-check'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as protocol from '@herald/protocol'

const ROOT = join(import.meta.dirname, '..', '..')
/** The same values in each run: that each schema takes some of them is asserted, and must not hang on luck. */
const LUCK = { numRuns: 400, seed: 20261130 }

/** Addresses and names, which are seldom made by chance. */
const NAMES = ['https://example.com/a', 'mailto:ops@example.com', 'topic:ci', 'user:me', 'all', 'topic:*']

type Schema = v.GenericSchema & {
  readonly type: string
  readonly entries: Record<string, Schema>
  readonly options: readonly (Schema & string)[]
  readonly items: readonly Schema[]
  readonly item: Schema
  readonly wrapped: Schema
  readonly key: Schema
  readonly value: Schema
  readonly literal: unknown
  readonly pipe?: readonly { readonly type: string; readonly requirement: unknown }[]
}
interface Light {
  readonly parseServerFrame: (text: string) => unknown
  readonly parseClientFrame: (text: string) => unknown
  readonly [schema: string]: unknown
}

let folder: string
let light: Light
let safeParse: typeof v.safeParse
let getDotPath: typeof v.getDotPath

/** The protocol as the client's builds have it. */
beforeAll(async () => {
  folder = mkdtempSync(join(ROOT, 'node_modules', '.light-'))
  const outfile = join(folder, 'light.mjs')
  await build({
    stdin: {
      contents: `export * from './protocol/index'; export { safeParse, getDotPath } from './protocol/light-schemas'`,
      resolveDir: ROOT,
    },
    ...{ bundle: true, format: 'esm', outfile },
    alias: { valibot: join(ROOT, 'protocol', 'light-schemas.ts') },
  })
  const built = (await import(pathToFileURL(outfile).href)) as Light & {
    safeParse: typeof v.safeParse
    getDotPath: typeof v.getDotPath
  }
  light = built
  ;({ safeParse, getDotPath } = built)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const schemas = Object.entries(protocol).filter(([name]) => name.endsWith('Schema')) as unknown as [
  string,
  Schema,
][]

/** Values that a schema takes, and some that it does not by a little. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  const nearly = fc.oneof(
    { weight: 80, arbitrary: fitting(schema) },
    { weight: 1, arbitrary: fc.jsonValue() },
  )
  return fc.oneof({ weight: 80, arbitrary: nearly }, { weight: 1, arbitrary: fc.constant(undefined) })
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const steps = new Map((schema.pipe ?? []).map(({ type, requirement }) => [type, requirement]))
  const pattern = steps.get('regex')
  switch (schema.type) {
    case 'string':
      if (pattern instanceof RegExp) {
        const names = NAMES.filter((name) => pattern.test(name))
        const made = fc.stringMatching(plain(pattern))
        return fc.oneof(
          { weight: 20, arbitrary: made },
          { weight: 20, arbitrary: names.length > 0 ? fc.constantFrom(...names) : made },
          fc.constant('x'),
          fc.string(),
        )
      }
      if (steps.has('uuid')) return fc.oneof({ weight: 40, arbitrary: fc.uuid() }, fc.string())
      return fc.oneof(
        { weight: 20, arbitrary: fc.uuid() },
        { weight: 20, arbitrary: fc.constantFrom(...NAMES) },
        fc.string({ maxLength: 3 }),
        fc.string({ minLength: 60, maxLength: 90 }),
      )
    case 'number':
      return fc.oneof(
        { weight: 60, arbitrary: fc.integer({ min: 1, max: 5 }) },
        fc.integer(),
        fc.double(),
        fc.maxSafeInteger(),
      )
    case 'boolean':
      return fc.boolean()
    case 'literal':
      return fc.constant(schema.literal)
    case 'picklist':
      return fc.constantFrom(...schema.options)
    case 'optional':
    case 'nullable':
      return valuesOf(schema.wrapped)
    case 'array':
      return fc.array(valuesOf(schema.item), { maxLength: 2 })
    case 'tuple':
      return fc.tuple(...schema.items.map(valuesOf))
    case 'record':
      return fc.dictionary(
        fc.oneof(fc.constantFrom('all', 'user:me', '__proto__'), fc.string()),
        valuesOf(schema.value),
      )
    case 'variant':
      return fc.oneof(...schema.options.map(valuesOf))
    case 'object':
    case 'strict_object': {
      const known = Object.fromEntries(
        Object.entries(schema.entries).map(([key, entry]) => [key, valuesOf(entry)]),
      )
      const required = Object.entries(schema.entries).filter(([, { type }]) => type !== 'optional')
      const whole = fc.record(known, { requiredKeys: required.map(([key]) => key) })
      return fc.oneof(
        { weight: 12, arbitrary: whole },
        { weight: 1, arbitrary: fc.record(known, { requiredKeys: [] }) },
        { weight: 1, arbitrary: whole.map((value) => ({ ...value, more: 1 })) },
      )
    }
    default:
      return fc.jsonValue()
  }
}

/** Without what fast-check cannot make strings of. */
function plain(pattern: RegExp): RegExp {
  try {
    fc.sample(fc.stringMatching(pattern), 1)
    return pattern
  } catch {
    return /[a-z:/.]{1,12}/
  }
}

/** What the protocol reads of a fault. */
function told(
  parsed: { success: boolean; output: unknown; issues?: readonly v.BaseIssue<unknown>[] | undefined },
  pathOf: typeof v.getDotPath,
) {
  const issue = parsed.issues?.[0]
  if (!issue) return { output: parsed.output }
  const { type, message, expected, received } = issue
  const ours = ['check', 'regex', 'custom'].includes(type) ? message : ''
  return { at: pathOf(issue), type, ours, expected, missing: received === 'undefined' }
}

describe('the light schemas of the client', () => {
  it('are there for each schema of the protocol', () => {
    expect(schemas.length).toBeGreaterThan(50)
    for (const [name] of schemas) expect(light[name], name).toBeDefined()
  })

  it.each(schemas)('%s takes, changes and refuses what valibot does, for the same reason', (name, schema) => {
    let taken = 0
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        const whole = v.safeParse(schema, value, { abortEarly: true })
        if (whole.success) taken += 1
        const small = safeParse(light[name] as Schema, value)
        expect(told(small, getDotPath)).toEqual(told(whole, v.getDotPath))
      }),
      LUCK,
    )
    expect(taken).toBeGreaterThan(0)
  })

  it('read the frames of either end as the schemas do', () => {
    const frames = fc.oneof(
      valuesOf(protocol.ServerFrameSchema as unknown as Schema),
      valuesOf(protocol.ClientFrameSchema as unknown as Schema),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          frames.map((frame) => JSON.stringify(frame)),
          fc.string(),
        ),
        (text) => {
          expect(light.parseServerFrame(text)).toEqual(protocol.parseServerFrame(text))
          expect(light.parseClientFrame(text)).toEqual(protocol.parseClientFrame(text))
        },
      ),
      { ...LUCK, numRuns: 300 },
    )
  })
})
