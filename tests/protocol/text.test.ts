import { isBlank, parseClientFrame, wellFormed, wellFormedJson } from '@herald/protocol'
import { describe, expect, it } from 'vitest'

describe('text that comes in', () => {
  it('has U+FFFD for each half of a character, and whole characters stay', () => {
    expect(wellFormed('a\ud83d b\udd25 \ud83d\udd25')).toBe('a\ufffd b\ufffd \ud83d\udd25')
  })

  it('is well-formed in the names and values of JSON, however deep', () => {
    const text = '{"a\\ud83d":["x\\uDD25",{"b":"\\ud83d\\udd25"}]}'
    expect(wellFormedJson(text, JSON.parse(text))).toEqual({ 'a\ufffd': ['x\ufffd', { b: '🔥' }] })
  })

  it('is well-formed in a frame of the client', () => {
    const device = '{"id":"b7Qx1mZk","platform":"ios","app":"1\\ud83d"}'
    const parsed = parseClientFrame(
      `{"type":"hello","token":"t","device":${device},"state":"foreground","cursors":{}}`,
    )
    expect(parsed).toMatchObject({ ok: true, frame: { device: { app: '1\ufffd' } } })
  })

  it('is refused as a frame when it is nested too deep to be walked', () => {
    const deep = `${'['.repeat(7000)}"\\ud83d"${']'.repeat(7000)}`
    expect(parseClientFrame(`{"type":"ping","x":${deep}}`)).toMatchObject({ ok: false, problem: 'json' })
  })
})

describe('a blank text', () => {
  it('is one of blanks, controls and characters without a shape or a width', () => {
    const shapeless = /[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u
    const points = [...Array(0xd800).keys(), ...Array.from({ length: 0x2000 }, (_, at) => 0xe000 + at)]
    const planes = Array.from({ length: 0x400 }, (_, at) => 0xe0000 + at)
    const wrong = [...points, ...planes]
      .map((point) => String.fromCodePoint(point))
      .filter((character) => shapeless.test(character) && !isBlank(character))
    expect(wrong.map((character) => character.codePointAt(0)?.toString(16))).toEqual([])
  })

  it.each(['x', ' . ', '\u200b!', '🔥', '数', 'é', '\u0301', '\u{1d49c}'])('is not %j', (text) => {
    expect(isBlank(text)).toBe(false)
  })
})
