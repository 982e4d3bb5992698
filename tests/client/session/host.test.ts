import { describe, expect, test } from 'vitest'
import { readHost } from '@/services/session/host'

describe('what a page hands over as heraldHost', () => {
  test('is its token provider and, if it names one, the server', async () => {
    const host = readHost({ heraldHost: { token: () => Promise.resolve('jwt'), server: 'https://gateway' } })
    expect(host?.server).toBe('https://gateway')
    expect(await host?.token()).toBe('jwt')
    expect(readHost({ heraldHost: { token: () => Promise.resolve(null) } })?.server).toBeUndefined()
  })

  test.each([
    ['nothing', {}],
    ['null', { heraldHost: null }],
    ['a text', { heraldHost: 'token' }],
    ['a token that cannot be asked for', { heraldHost: { token: 'jwt' } }],
  ])('is none when it is %s', (_, page) => {
    expect(readHost(page)).toBeNull()
  })

  test.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['a number', () => 7],
    [
      'an exception',
      () => {
        throw new Error('no')
      },
    ],
  ])('fails by a rejection when its answer is %s', async (_, token) => {
    await expect(readHost({ heraldHost: { token } })?.token()).rejects.toThrow()
  })
})
