import fc from 'fast-check'
import Database from 'libsql'
import { afterAll, describe, expect, it } from 'vitest'
import { sqlJson, sqlText, writeStatements } from '@/services/storage/sql'
import { messageAt } from './inbox-fixtures'

const database = new Database(':memory:')
const select = (literal: string): string => {
  const row = database.prepare(`SELECT ${literal} AS value`).get() as { value: string }
  return row.value
}
afterAll(() => database.close())

/** Every UTF-16 unit, lone surrogates and NUL among them. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units))
const hardText = fc.oneof(
  anyText,
  fc.constantFrom("'", "''", "';DROP TABLE rows;--", '\0', '\ud83d', '🚀', '\\u0027', '\r\n\u2028', '%', '"'),
)

describe('SQL literals', () => {
  it('carry any text through SQLite as JSON', () => {
    fc.assert(
      fc.property(fc.array(hardText), (texts) => {
        expect(JSON.parse(select(sqlJson({ texts })))).toEqual({ texts })
      }),
    )
  })

  it('are printable ASCII without a quote or semicolon inside', () => {
    fc.assert(
      fc.property(hardText, (text) => {
        expect(sqlJson(text)).toMatch(/^'[ -&(-:<-~]*'$/)
      }),
    )
  })

  it('carry any name that SQLite can hold, and refuse the others', () => {
    fc.assert(
      fc.property(hardText, (text) => {
        if (/\0|\p{Surrogate}/u.test(text)) expect(() => sqlText(text)).toThrow('SQLite text cannot')
        else expect(select(sqlText(text))).toBe(text)
      }),
    )
  })

  it('refuses a seq that is not a whole number', () => {
    expect(() => writeStatements({ rows: [messageAt('all', Number.NaN)] })).toThrow('whole number')
    expect(() => writeStatements({ dropRowsBelow: [{ feed: 'all', seq: 1.5 }] })).toThrow('whole number')
  })
})
