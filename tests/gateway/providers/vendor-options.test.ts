import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillOptions } from '../../../gateway/providers/vendor-options'

const filled = (value: unknown, title = 'Disk full', body = 'db1') =>
  fillOptions({ any: { value } }, { title, body }).any?.value

describe('options of a phone maker', () => {
  it('have the texts of the message where they name them, at any depth', () => {
    expect(filled('{title}: {body}')).toBe('Disk full: db1')
    expect(filled({ a: ['{body}', 7, null, true] })).toEqual({ a: ['db1', 7, null, true] })
    expect(filled('{$title$} {Title} {}')).toBe('{$title$} {Title} {}')
  })

  it('that are JSON in a text stay JSON, whatever a message says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        const { t } = JSON.parse(String(filled('{"t":"{title}"}', title))) as { t: string }
        expect(t.length).toBeGreaterThan(0)
        expect(t.length).toBeLessThanOrEqual(128)
        expect(t).not.toMatch(/[\p{So}\p{Extended_Pictographic}]/u)
      }),
    )
  })

  it('are not filled a second time by what a message says', () => {
    expect(filled('{title}', '{body}', 'secret')).toBe('{body}')
  })
})
