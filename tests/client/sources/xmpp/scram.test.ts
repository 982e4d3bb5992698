import fc from 'fast-check'
import { createHmac, pbkdf2Sync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { areSameBytes, fromBase64, toBase64, toUtf8 } from '../../../../services/sources/xmpp/bytes'
import {
  answerChallenge,
  checkServer,
  chooseMechanism,
  prepare,
  startScram,
  type ScramMechanism,
} from '../../../../services/sources/xmpp/scram'

/** The exchanges of RFC 5802 §5 and RFC 7677 §3. */
const VECTORS: readonly [ScramMechanism, string, string, string, string][] = [
  [
    'SCRAM-SHA-1',
    'fyko+d2lbbFgONRv9qkxdawL',
    'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  ],
  [
    'SCRAM-SHA-256',
    'rOprNGfwEbeRWgbNEkqO',
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  ],
]

const [, nonce, challenge] = VECTORS[0] ?? ['', '', '']

describe.each([
  ['by WebCrypto', globalThis.crypto],
  ['where there is no WebCrypto', undefined],
])('a sign-in by SCRAM, %s', (_, crypto) => {
  beforeEach(() => {
    vi.stubGlobal('crypto', crypto)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it.each(VECTORS)(
    'by %s is the exchange of its RFC, with the password and with the keys alone',
    async (mechanism, own, first, final, server) => {
      const start = startScram(mechanism, 'user', own)
      expect(start.message).toBe(`n,,n=user,r=${own}`)
      const answer = await answerChallenge(start, first, { password: 'pencil' })
      expect(answer.message).toBe(final)
      checkServer(server, answer.serverSignature)
      expect(JSON.stringify(answer.keys)).not.toContain('pencil')
      const again = await answerChallenge(start, first, { keys: answer.keys })
      expect(again.message).toBe(final)
    },
  )

  it('makes the keys that others make, of any password', async () => {
    const start = startScram('SCRAM-SHA-256', 'user', 'own')
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 12 }), async (password) => {
        const salt = toBase64(toUtf8('salt'))
        const { keys } = await answerChallenge(start, `r=own1,s=${salt},i=4096`, { password })
        const salted = pbkdf2Sync(password, 'salt', 4096, 32, 'sha256')
        expect(keys.clientKey).toBe(createHmac('sha256', salted).update('Client Key').digest('base64'))
      }),
      { numRuns: 10 },
    )
  })

  it('leaves the page alive while it makes keys', async () => {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    const start = startScram('SCRAM-SHA-1', 'user', nonce)
    await answerChallenge(start, challenge.replace('i=4096', 'i=60000'), { password: 'pencil' })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })

  it('asks for the password anew when the server has another salt than the keys', async () => {
    const start = startScram('SCRAM-SHA-1', 'user', nonce)
    const { keys } = await answerChallenge(start, challenge, { password: 'pencil' })
    const other = challenge.replace('QSXCR', 'AAAAA')
    await expect(answerChallenge(start, other, { keys })).rejects.toThrow('password is needed')
    const damaged = { ...keys, clientKey: '' }
    await expect(answerChallenge(start, challenge, { keys: damaged })).rejects.toThrow('damaged')
  })

  it.each([
    ['a nonce that is not ours', `r=other${nonce},s=QSXCR+Q6sek8bf92,i=4096`],
    ['our nonce alone', `r=${nonce},s=QSXCR+Q6sek8bf92,i=4096`],
    ['too few rounds', `r=${nonce}x,s=QSXCR+Q6sek8bf92,i=1`],
    ['rounds without end', `r=${nonce}x,s=QSXCR+Q6sek8bf92,i=9999999`],
    ['no number of rounds', `r=${nonce}x,s=QSXCR+Q6sek8bf92,i=many`],
    ['no salt', `r=${nonce}x,s=,i=4096`],
    ['a salt that is no Base64', `r=${nonce}x,s=*,i=4096`],
    ['an extension', `m=1,r=${nonce}x,s=QSXCR+Q6sek8bf92,i=4096`],
    ['a field twice', `r=${nonce}x,r=${nonce}y,s=QSXCR+Q6sek8bf92,i=4096`],
    ['nothing', ''],
  ])('refuses a server that sends %s', async (_, message) => {
    const start = startScram('SCRAM-SHA-1', 'user', nonce)
    await expect(answerChallenge(start, message, { password: 'pencil' })).rejects.toThrow()
  })

  it('refuses a server that does not know the password, or says why it refuses', async () => {
    const start = startScram('SCRAM-SHA-1', 'user', nonce)
    const { serverSignature } = await answerChallenge(start, challenge, { password: 'pencil' })
    expect(() => checkServer('v=rmF9pqV8S7suAoZWja4dJRkFsKA=', serverSignature)).toThrow('not proven')
    expect(() => checkServer('v=', serverSignature)).toThrow('not proven')
    expect(() => checkServer('e=unknown-user', serverSignature)).toThrow('unknown-user')
  })

  it('takes the best that is offered, and nothing weaker than it has seen', () => {
    expect(chooseMechanism(['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'], undefined)).toBe('SCRAM-SHA-256')
    expect(chooseMechanism(['SCRAM-SHA-1'], undefined)).toBe('SCRAM-SHA-1')
    expect(chooseMechanism(['SCRAM-SHA-1', 'PLAIN'], 'SCRAM-SHA-256')).toBeUndefined()
    expect(chooseMechanism(['PLAIN'], undefined)).toBeUndefined()
  })

  it('writes names with their commas, and takes compatible letters and blanks for one', () => {
    expect(startScram('SCRAM-SHA-1', 'a=b,c', 'n').message).toBe('n,,n=a=3Db=2Cc,r=n')
    expect(prepare('I\u00adX \u2168 a\u00a0b')).toBe('IX IX a b')
    expect(() => prepare('\u0007')).toThrow('control character')
    expect(() => prepare('\u00ad')).toThrow('nothing')
  })
})

/** Characters of every length in UTF-8, and halves of some. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 20 })
  .map((codes) => String.fromCodePoint(...codes))

describe('bytes', () => {
  it('are UTF-8 and Base64 as Node has them', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(Buffer.from(toUtf8(text)).toString('hex')).toBe(Buffer.from(text).toString('hex'))
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        expect(toBase64(bytes)).toBe(text)
        expect(toBase64(fromBase64(text) ?? new Uint8Array())).toBe(text)
      }),
    )
    for (const wrong of ['a', 'abc', 'a=bc', 'ab==cd==', 'ab c']) expect(fromBase64(wrong)).toBeUndefined()
    expect(areSameBytes(toUtf8('a'), toUtf8('ab'))).toBe(false)
  })
})
