import { deliveryReasons, type Deliveries } from '@herald/protocol'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explain } from '../../../gateway/cli/explanation'
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

async function herald(...words: string[]): Promise<{ code: number; out: string; errors: string }> {
  return heraldIn('en_US.UTF-8', ...words)
}

async function heraldIn(
  LANG: string,
  ...words: string[]
): Promise<{ code: number; out: string; errors: string }> {
  let out = ''
  let errors = ''
  const code = await runProgram(words, {
    ...QUIET,
    env: { LANG, HERALD_URL: url, HERALD_TOKEN: gateway.tokens.admin },
    write: (text) => (out += text),
    complain: (text) => (errors += text),
  })
  return { code, out, errors }
}

const apns = () => gateway.world.provider('apns')

async function addPhone(device: string, token = gateway.tokens.reader): Promise<void> {
  const registration = { provider: 'apns', app: 'com.example.herald', token: `${device}-token` }
  const body = { platform: 'ios', push: [registration] }
  expect((await gateway.call('PUT', `/v1/me/devices/${device}`, { token, body })).statusCode).toBe(200)
}

/** Publishes to Ann and lets the gateway do what is due. */
async function publish(priority = 5): Promise<string> {
  const { id } = await gateway.log.append('user:ann', { body: 'Hello', priority })
  await gateway.world.escalation.settle()
  return id
}

beforeEach(async () => {
  await addPhone('1a2b3c4d-ann-phone')
  await gateway.world.escalation.settle()
})

describe('herald explain', () => {
  it('says in plain words who took the push, when, and that the app has not answered', async () => {
    apns().answers.push({
      ...{ type: 'retry', why: 'TooManyRequests', unknown: false, provider: false, afterMs: 10 },
    })
    const id = await publish()
    gateway.clock.ms += 60_000
    apns().answers.push({ type: 'accepted', ref: 'apns-id-7' })
    await gateway.world.escalation.settle()
    const { code, out } = await herald('explain', id)
    expect(code).toBe(0)
    const [head, phone = ''] = out.trim().split('\n\n')
    expect(head).toMatch(
      new RegExp(`^${id}, number \\d+ of user:ann, published \\d{4}-\\d\\d-\\d\\d \\d\\d:`),
    )
    expect(phone.split('\n')).toEqual([
      expect.stringMatching(
        /^ann · iPhone or iPad 1a2b3c4d…: pushed by Apple \(APNs\) at [\d: -]+ \(accepted\); not acknowledged yet$/,
      ),
      expect.stringMatching(/^ {2}[\d: -]+ {2}The app is not connected\.$/),
      expect.stringMatching(
        /^ {2}[\d: -]+ {2}Apple \(APNs\): The push service did not accept it\. Herald tries again\. “TooManyRequests”$/,
      ),
      expect.stringMatching(/^ {2}[\d: -]+ {2}Apple \(APNs\): The push service accepted it\. “apns-id-7”$/),
    ])
  })

  it('says when something is next done, and why nothing is', async () => {
    apns().answers.push({ type: 'retry', why: 'busy', unknown: false, provider: false, afterMs: 3_600_000 })
    const { out } = await herald('explain', await publish())
    expect(out).toMatch(/: waiting\. The push service did not accept it\. Herald tries again\./)
    expect(out).toMatch(/\n {2}Next step: [\d: -]+\n/)
    const low = await herald('explain', await publish(1))
    expect(low.out).toContain(': no push needed. Its priority is too low for a push.')
  })

  it('speaks the language of the terminal, or the one that it is asked for', async () => {
    apns().answers.push({ type: 'accepted', ref: 'apns-id-8' })
    const id = await publish()
    const chinese = await heraldIn('zh_CN.UTF-8', 'explain', id)
    expect(chinese.out).toContain(`${id}，user:ann 的第 `)
    expect(chinese.out).toMatch(
      /^ann · iPhone 或 iPad 1a2b3c4d…：已推送，苹果推送于 [\d: -]+ 接收；应用尚未确认$/m,
    )
    expect(chinese.out).toMatch(/ {2}苹果推送：推送服务已接收。 “apns-id-8”$/m)
    expect((await heraldIn('en_US.UTF-8', 'explain', '--lang', 'zh-Hans', id)).out).toBe(chinese.out)
    expect((await heraldIn('zh_CN.UTF-8', 'explain', '--lang', 'en', id)).out).toContain(
      'pushed by Apple (APNs) at',
    )
    expect((await herald('explain', '--lang', 'fr', id)).code).toBe(2)
  })

  it('has a sentence for every reason', async () => {
    const about = { id: 'x', feed: 'all', seq: 1, time: 0 }
    for (const reason of deliveryReasons) {
      const device = { user: 'ann', device: 'phone', platform: 'ios', state: 'waiting', next: null } as const
      const events = [{ time: 0, reason }]
      for (const language of ['en', 'zh-Hans'] as const) {
        const devices = [{ ...device, reason, events }]
        const text = explain({ message: about, devices, more: null }, language)
        expect(text.split('\n')).toHaveLength(4)
        expect(text).not.toMatch(/undefined|\{/)
      }
    }
  })

  it('reads every page, up to a limit', async () => {
    // More than the gateway gives in one answer.
    const count = 203
    const names = Array.from({ length: count }, (_, index) => `bob-phone-${String(index).padStart(3, '0')}`)
    await Promise.all(names.map((name) => addPhone(name, gateway.tokens.bob)))
    const { id } = await gateway.log.append('all', { body: 'Hello', priority: 3 })
    const all = JSON.parse((await herald('--json', 'explain', id)).out) as Deliveries
    expect(all.devices.map(({ device }) => device)).toEqual(['1a2b3c4d-ann-phone', ...names])
    expect(all.more).toBeNull()
    const { out } = await herald('explain', id, '--limit', '202')
    expect(out.match(/ · /g)).toHaveLength(202)
    expect(out).toContain('These are the first 202 devices; --limit shows more.')
    expect((await herald('explain', id, '--limit', '0')).code).toBe(2)
  })

  it('knows no message that is none', async () => {
    const { code, errors } = await herald('explain', '00000000-0000-4000-8000-000000000000')
    expect([code, errors]).toEqual([1, expect.stringContaining('message_not_found')])
  })
})

describe('herald provider', () => {
  it('list tells which are on, and what the others lack', async () => {
    const { code, out } = await herald('provider', 'list')
    expect(code).toBe(0)
    expect(out).toMatch(/^apns +on +any app$/m)
    expect(out).toMatch(
      /^fcm +off +HERALD_FCM_SERVICE_ACCOUNT_FILE is not set; see \/docs\/push\/fcm\.html on the gateway, or docs\/push\/fcm\.md in a clone$/m,
    )
  })

  it('check says that each works, and leaves out none that is off', async () => {
    const { code, out } = await herald('provider', 'check')
    expect(code).toBe(0)
    expect(out).toContain('apns · Apple (APNs): works: scripted\n')
    expect(out).toContain('hms · Huawei (HMS): off: HERALD_HMS_SERVICE_ACCOUNT_FILE is not set')
  })

  it('check ends with 1 when one that is on does not work', async () => {
    const check = () => Promise.resolve({ ok: false, detail: 'InvalidProviderToken' })
    const broken = Object.assign(apns(), { check })
    const all = await herald('provider', 'check')
    const other = await herald('provider', 'check', 'jpush')
    Reflect.deleteProperty(broken, 'check')
    expect(all.code).toBe(1)
    expect(all.out).toContain('apns · Apple (APNs): DOES NOT WORK: InvalidProviderToken\n')
    expect(all.errors).toBe(
      `herald: apns: what to do: ${url}/docs/push/apns.html, or docs/push/apns.md in a clone\n`,
    )
    expect(other).toMatchObject({ code: 0, out: 'jpush · JPush: works: scripted\n' })
  })

  it('check of one that is off, or that nobody knows, fails', async () => {
    expect(await herald('provider', 'check', 'fcm')).toMatchObject({
      code: 1,
      errors: 'herald: fcm is off\n',
    })
    expect((await herald('provider', 'check', 'pigeon')).code).toBe(2)
  })
})

describe('herald push', () => {
  it('dead lists what died with the words of the service, and replay sends it again', async () => {
    apns().answers.push({ type: 'refused', why: 'TopicDisallowed', blame: 'push' })
    const id = await publish()
    const dead = await herald('push', 'dead')
    expect(dead.out).toMatch(/^TIME +MESSAGE +FEED +USER +DEVICE +WHY +RESPONSE$/m)
    expect(dead.out).toMatch(
      new RegExp(
        `${id} +user:ann +ann +1a2b3c4d-ann-phone +The push service refused the push\\. +apns: TopicDisallowed`,
      ),
    )
    expect((await herald('push', 'replay', id)).out).toBe('one push is due again\n')
    await gateway.world.escalation.settle()
    expect(apns().rung.at(-1)).toEqual([id])
    expect((await herald('push', 'dead')).out).toBe('no dead letters\n')
    expect((await herald('push', 'replay')).out).toBe('there was nothing to try again\n')
  })

  it('replay of no message is refused', async () => {
    const { code, errors } = await herald('push', 'replay', '00000000-0000-4000-8000-000000000000')
    expect([code, errors]).toEqual([1, expect.stringContaining('message_not_found')])
  })
})
