import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../../../gateway/cli/program'
import { openTestGateway, type TestGateway } from '../http/test-gateway'
import { QUIET } from './program'

let gateway: TestGateway
let url: string

beforeAll(async () => {
  gateway = await openTestGateway()
  url = await gateway.app.listen({ host: '127.0.0.1', port: 0 })
})

afterAll(async () => {
  await gateway.close()
})

interface Ended {
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Runs the program while the gateway does what is due. */
async function herald(words: readonly string[], token = gateway.tokens.admin): Promise<Ended> {
  let out = ''
  let errors = ''
  let code: number | undefined
  const ended = runProgram(words, {
    ...QUIET,
    env: { LANG: 'en_US.UTF-8', HERALD_URL: url, HERALD_TOKEN: token },
    write: (text) => (out += text),
    complain: (text) => (errors += text),
  }).then((result) => (code = result))
  while (code === undefined) {
    await Promise.race([ended, turn()])
    await gateway.world.escalation.settle()
  }
  return { code, out, errors }
}

async function register(device: string, body: object, token = gateway.tokens.reader): Promise<void> {
  expect((await gateway.call('PUT', `/v1/me/devices/${device}`, { token, body })).statusCode).toBe(200)
}

describe('herald test', () => {
  it('fails and says so while the user has no device', async () => {
    const { code, out, errors } = await herald(['test', 'bob'])
    expect({ code, out }).toEqual({ code: 1, out: 'No recipient has signed in on a device yet.\n' })
    expect(errors).toMatch(/no device was reached; herald explain [\w-]+ says more/)
  })

  it('says of each device which push service took it, or why nothing alerts there and what to do', async () => {
    const registration = { provider: 'apns', app: 'com.example.herald', token: 'ann-phone-token' }
    await register('ann-phone-1', { platform: 'ios', push: [registration] })
    await register('ann-browser', { platform: 'h5' })
    const { code, out } = await herald(['test', 'ann'])
    expect(out.split('\n')).toEqual([
      'ann · Browser ann-brow…: No alert: The device is not registered with any push service. On that device, allow notifications for Herald, and open it once.',
      expect.stringMatching(
        /^ann · iPhone or iPad ann-phon…: Apple \(APNs\) accepted the push after \d+\.\d s\.$/,
      ),
      '',
    ])
    expect(code).toBe(0)
  })

  it('tests the token’s own user without a name, in the language that is asked for', async () => {
    const { out } = await herald(['test', '--lang', 'zh-Hans'], gateway.tokens.reader)
    expect(out).toMatch(/接收了推送/)
    const token = gateway.tokens.reader
    const page = await gateway.call('GET', '/v1/feeds/user:ann/messages?limit=1', { token })
    expect(page.json()).toMatchObject({ messages: [{ title: '测试提醒' }] })
  })

  it('stops to look when its time is over, and says what is still to come', async () => {
    gateway.world.provider('apns').otherwise = {
      type: 'retry',
      why: 'busy',
      unknown: false,
      provider: false,
    }
    const { code, out, errors } = await herald(['test', 'ann', '--wait', '0'])
    expect(out).toContain('Not yet: ')
    expect(code, errors).toBe(1)
  })
})
