import { HeraldError } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { readStrictJson } from '../../../gateway/http/strict-json'

const refusal = (text: string): string => {
  try {
    readStrictJson(text)
  } catch (error) {
    if (error instanceof HeraldError) return `${error.code} ${error.message}`
    throw error
  }
  return ''
}

describe('JSON at the door', () => {
  it.each([
    '0',
    '-0',
    '1.50',
    '1e2',
    '9007199254740991',
    '-9007199254740991',
    '0.1',
    '0.10000000000000001',
    '3.141592653589793',
    '1.7976931348623157e308',
    '1e300',
    '2.2250738585072014e-308',
    '123456789012.5',
    '1764386715.1234567',
  ])('keeps the number %s', (number) => {
    expect(refusal(`{"data":{"n":${number}}}`)).toBe('')
  })

  it.each([
    '1161888007138312192',
    '-9007199254740992',
    '9007199254740993',
    '1152921504606846976',
    '1e400',
    '-1e400',
    '1e-400',
    '3.14159265358979323846',
    '12345678901234.5678',
    '1161888007138312192.0',
    '1161888007138312193e0',
  ])('refuses the number %s by the name of its field, since a double changes it', (number) => {
    expect(refusal(`{"data":{"list":[1,{"n":${number}}]}}`)).toMatch(
      /^invalid_body data\.list\.1\.n: is a number/,
    )
  })

  it.each([
    ['__proto__', '{"data":{"__proto__":1}}', 'data.__proto__: is a name'],
    ['__proto__ in escapes', '{"data":{"\\u005f_proto__":1}}', 'data.__proto__: is a name'],
    ['a name twice', '{"data":{"a":1,"b":{"a":2},"a":3}}', 'data.a: stands there twice'],
    ['a name twice, once in escapes', '{"a":1,"\\u0061":2}', 'a: stands there twice'],
    ['two names that become one', '{"a\\ud800":1,"a\\udc00":2}', 'stands there twice'],
  ])('refuses %s', (_name, text, problem) => {
    expect(refusal(text)).toContain(problem)
  })

  it('is not misled by what stands in strings', () => {
    const text = '{"a":"{[\\"1e999,\\\\","b":"\\\\\\"__proto__","c":["x,y","\\u005b"],"d":{}}'
    expect(readStrictJson(text)).toEqual(JSON.parse(text))
  })

  it.each([1, 31])('takes lists that are nested %i deep', (depth) => {
    expect(refusal(`{"data":${'['.repeat(depth)}${']'.repeat(depth)}}`)).toBe('')
  })

  it.each([32, 2000, 30_000])('refuses lists that are nested %i deep, and names the field', (depth) => {
    expect(refusal(`{"data":${'['.repeat(depth)}${']'.repeat(depth)}}`)).toMatch(
      /^invalid_body data\.0\.0.*deeper than 32/,
    )
  })

  it('takes no longer for hostile strings and names than for others', () => {
    const quotes = '\\"'.repeat(30_000)
    const names = Array.from({ length: 6000 }, (_, index) => `"${String(index)}":1`).join(',')
    expect(refusal(`["${quotes}"]`)).toBe('')
    expect(refusal(`{${names}}`)).toBe('')
  })
})
