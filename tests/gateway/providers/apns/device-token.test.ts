import { describe, expect, it } from 'vitest'
import { readDeviceToken } from '../../../../gateway/providers/apns/apns-provider'

const TOKEN = 'a1b2c3d4'.repeat(8)

describe('a device token', () => {
  it.each([
    ['as it is', TOKEN],
    ['in capitals', TOKEN.toUpperCase()],
    ['as NSData prints it', `<${'a1b2c3d4 '.repeat(8).trim()}>`],
    ['with blanks around it', ` ${TOKEN}\n`],
  ])('is read %s', (_how, text) => {
    expect(readDeviceToken(text)).toEqual({ token: TOKEN })
  })

  it('may be longer than today: Apple says not to assume a size', () => {
    expect(readDeviceToken('ab'.repeat(80))).toEqual({ token: 'ab'.repeat(80) })
  })

  it.each([
    ['a shortened description', '{length = 32, bytes = 0xa1b2c3d4 a1b2c3d4 ... a1b2c3d4 }', /description/],
    ['text', 'not-a-token', /hex/],
    ['half a byte', `${TOKEN}a`, /hex/],
    ['a path', `../${TOKEN}`, /hex/],
    ['too little', 'a1b2', /at least 32 bytes; this one has 2/],
    ['nothing', '', /has 0/],
    ['far too much', 'ab'.repeat(201), /has 201/],
  ])('is refused in plain words when it is %s', (_what, text, words) => {
    const read = readDeviceToken(text)
    expect('fault' in read && read.fault).toMatch(words)
  })
})
