import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromUtf8, toUtf8 } from '@/services/sources/xmpp/bytes'

it('reads back what it writes, in any script', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0x10ffff })), (codes) => {
      const text = String.fromCodePoint(...codes)
      expect(fromUtf8(toUtf8(text))).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(toUtf8(text)))
    }),
  )
})

it('reads bytes that are no text without throwing', () => {
  expect(fromUtf8(Uint8Array.of(0x61, 0x80, 0xe4, 0xbd, 0xf8, 0x62))).toMatch(/^a\ufffd+b$/)
})
