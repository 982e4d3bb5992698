import { describe, expect, test } from 'vitest'
import { SignInError } from '@/services/session/sign-in-error'
import { findSignInLink, normaliseServer } from '@/services/session/sign-in-link'
import { deviceId, randomId } from '@/services/session/session-record'
import { MemoryKeyValue } from '@/services/storage/key-value'

describe('a sign-in link', () => {
  test.each([
    ['http://127.0.0.1:8787/#/pages/sign-in/sign-in?code=abcdefghij', 'http://127.0.0.1:8787'],
    [
      'https://push.example.com/herald/#/pages/sign-in/sign-in?code=abcdefghij',
      'https://push.example.com/herald',
    ],
    [
      'https://push.example.com/herald/index.html#/pages/sign-in/sign-in?code=abcdefghij',
      'https://push.example.com/herald',
    ],
    ['  https://[::1]:8787/#/pages/sign-in/sign-in?from=mail&code=abcdefghij  ', 'https://[::1]:8787'],
  ])('%s', (link, server) => {
    expect(findSignInLink(link)).toEqual({ server, code: 'abcdefghij' })
  })

  test.each([
    '',
    'abcdefghij',
    'https://gateway/',
    'https://gateway/#/pages/inbox/inbox?code=abcdefghij',
    'https://gateway/#/pages/sign-in/sign-in?code=short',
    'https://gateway/#/pages/sign-in/sign-in?code=abc%20defghij',
    'https://user:pass@gateway/#/pages/sign-in/sign-in?code=abcdefghij',
    'javascript:alert(1)#/pages/sign-in/sign-in?code=abcdefghij',
  ])('"%s" is none', (link) => {
    expect(findSignInLink(link)).toBeNull()
  })
})

describe('a sign-in link among other text', () => {
  const LINK = 'https://push.example.com/#/pages/sign-in/sign-in?code=abcdefghij-_k'

  test.each([
    ['a full stop', `${LINK}.`],
    ['angle brackets', `<${LINK}>`],
    ['round brackets', `(${LINK})`],
    ['quotes', `"${LINK}"`],
    ['a sentence', `Hi Ann, open ${LINK}, and you are in! See https://push.example.com/docs.`],
    ['a zero-width space behind it', `${LINK}\u200b`],
    ['zero-width spaces inside', LINK.replace('/#/', '/\u200b#/').replace('code=', 'code=\u2060')],
    ['a byte order mark', `\ufeff${LINK}`],
    ['Chinese punctuation', `登录链接：${LINK}。一小时内有效`],
    ['Chinese brackets', `点击【${LINK}】登录`],
    ['Chinese words that touch it', `请打开${LINK}登录`],
    ['lines', `Sign in:\n  ${LINK}\n-- \nherald`],
  ])('is found with %s', (_, text) => {
    expect(findSignInLink(text)).toEqual({ server: 'https://push.example.com', code: 'abcdefghij-_k' })
  })

  test('is the first of two, and is looked for in bounded time', () => {
    expect(findSignInLink(`${LINK} ${LINK.replace('push', 'other')}`)?.server).toBe(
      'https://push.example.com',
    )
    const began = performance.now()
    expect(findSignInLink('https://a/'.repeat(100_000))).toBeNull()
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

describe('an address', () => {
  test.each([
    ['push.example.com', 'https://push.example.com'],
    ['Push.Example.com/', 'https://push.example.com'],
    ['https://push.example.com/herald/', 'https://push.example.com/herald'],
    ['192.168.1.20:8787', 'http://192.168.1.20:8787'],
    ['localhost:8787', 'http://localhost:8787'],
    ['nas.local:8787', 'http://nas.local:8787'],
    ['nas:8787', 'http://nas:8787'],
    ['http://[::1]:8787', 'http://[::1]:8787'],
  ])('%s is %s', (text, server) => {
    expect(normaliseServer(text)).toBe(server)
  })

  test.each(['', 'two words', 'ftp://x', 'https://', 'x:99999', 'https://user@host', 'a?b', 'http://a:b:c'])(
    '"%s" is none',
    (text) => {
      expect(() => normaliseServer(text)).toThrow(SignInError)
    },
  )
})

describe('a device id', () => {
  test('is made once', () => {
    const store = new MemoryKeyValue()
    const made = deviceId(store, globalThis.crypto)
    expect(made).toMatch(/^[0-9a-f]{32}$/)
    expect(deviceId(store, undefined)).toBe(made)
  })

  test('is made where there is no Web Crypto, too', () => {
    expect(randomId(undefined)).toMatch(/^[0-9a-f]{32}$/)
    expect(randomId(undefined)).not.toBe(randomId(undefined))
  })

  test('lives as long as the app when it cannot be kept', () => {
    const store = new MemoryKeyValue()
    store.set = () => {
      throw new Error('full')
    }
    expect(deviceId(store, undefined)).toMatch(/^[0-9a-f]{32}$/)
  })
})
