import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { providerPages } from '../../../gateway/providers/off-reasons'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway()
})

afterAll(async () => {
  await gateway.close()
})

describe('GET /v1/providers', () => {
  it('says of each service whether it is on, and why it is off', async () => {
    const answer = await gateway.call('GET', '/v1/providers', { token: gateway.tokens.admin })
    const { providers } = answer.json<{ providers: { name: string; on: boolean; why: string | null }[] }>()
    expect(providers.map(({ name, on }) => [name, on])).toEqual([
      ['apns', true],
      ['unipush', true],
      ['jpush', true],
      ['webpush', false],
      ['fcm', false],
      ['hms', false],
    ])
    expect(providers[0]).toEqual({ name: 'apns', on: true, why: null, app: null })
    expect(providers[4]?.why).toBe(
      'HERALD_FCM_SERVICE_ACCOUNT_FILE is not set; see /docs/push/fcm.html on the gateway, or docs/push/fcm.md in a clone',
    )
  })

  it('names documents that are there', () => {
    const files = Object.values(providerPages).map((page) => `docs/${page}.md`)
    expect(files.filter((file) => !existsSync(resolve(import.meta.dirname, '../../..', file)))).toEqual([])
  })
})

describe('POST /v1/providers/check', () => {
  const check = (body?: object) =>
    gateway.call('POST', '/v1/providers/check', { token: gateway.tokens.admin, ...(body && { body }) })

  it('asks every service that is on, and none that is off', async () => {
    expect((await check()).json()).toEqual({
      checks: ['apns', 'unipush', 'jpush'].map((name) => ({ name, app: null, ok: true, detail: 'scripted' })),
    })
  })

  it('asks one alone, and takes no name that is none', async () => {
    expect((await check({ provider: 'jpush' })).json<{ checks: object[] }>().checks).toMatchObject([
      { name: 'jpush' },
    ])
    expect((await check({ provider: 'fcm' })).json()).toEqual({ checks: [] })
    expectError(await check({ provider: 'pigeon' }), 'invalid_body')
  })
})
