import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway()
})

afterAll(async () => {
  await gateway.close()
})

const REGISTRATION = { provider: 'jpush', token: 'x'.repeat(20) }

/** Every field in which people and programs name something: [field, path, method, right, body with that name]. */
const FIELDS = [
  ['name', '/v1/users', 'POST', 'admin', (name: string) => ({ id: 'eve', name })],
  ['label', '/v1/tokens', 'POST', 'admin', (label: string) => ({ label, publish: ['*'] })],
  ['label', '/v1/users/ann/tokens', 'POST', 'admin', (label: string) => ({ label, read: true })],
  ['label', '/v1/sign-in', 'POST', undefined, (label: string) => ({ code: 'x'.repeat(20), label })],
  ['app', '/v1/me/devices/phone-0001', 'PUT', 'reader', (app: string) => ({ platform: 'ios', app })],
  ['locale', '/v1/me/devices/phone-0001', 'PUT', 'reader', (locale: string) => ({ platform: 'ios', locale })],
  [
    'timeZone',
    '/v1/me/devices/phone-0001',
    'PUT',
    'reader',
    (timeZone: string) => ({ platform: 'ios', timeZone }),
  ],
  [
    'push.0.app',
    '/v1/me/devices/phone-0001',
    'PUT',
    'reader',
    (app: string) => ({ platform: 'ios', push: [{ ...REGISTRATION, app }] }),
  ],
] as const

const COMMANDS = ['\n', '\u0000', '\u001b', '\u007f', '\u0085', '\u009b', '\u2028', '\u202e', '\u2066']

describe('a name', () => {
  it.each(FIELDS)('holds no control characters: %s of %s', async (field, path, method, right, bodyOf) => {
    for (const command of COMMANDS) {
      const answer = await gateway.call(method, path, {
        ...(right && { token: gateway.tokens[right] }),
        body: bodyOf(`a${command}b`),
      })
      expectError(answer, 'invalid_body')
      expect(answer.json<{ error: { message: string } }>().error.message).toBe(
        `${field}: must hold no control characters`,
      )
    }
  })

  it.each(FIELDS)(
    'is empty or has something to see: %s of %s',
    async (field, path, method, right, bodyOf) => {
      for (const unseen of [' ', '\u200b', ' \u00a0\u3000', '\ufeff\u200d', '\u3164\u2800', '\u00ad']) {
        const answer = await gateway.call(method, path, {
          ...(right && { token: gateway.tokens[right] }),
          body: bodyOf(unseen),
        })
        expectError(answer, 'invalid_body')
        expect(answer.json<{ error: { message: string } }>().error.message).toBe(
          `${field}: must have text that can be seen`,
        )
      }
    },
  )

  it('may be in any script, with joiners and marks of direction', async () => {
    const name = 'سارة \u200f👩\u200d🚀 Zoë 李'
    const answer = await gateway.call('POST', '/v1/users', {
      token: gateway.tokens.admin,
      body: { id: 'zoe', name },
    })
    expect(answer.json()).toMatchObject({ id: 'zoe', name })
  })

  it('of a user is not empty, as one that is left out is the id', async () => {
    const user = (body: object) => gateway.call('POST', '/v1/users', { token: gateway.tokens.admin, body })
    expectError(await user({ id: 'nobody', name: '' }), 'invalid_body')
    expect((await user({ id: 'somebody' })).json()).toMatchObject({ name: 'somebody' })
  })
})
