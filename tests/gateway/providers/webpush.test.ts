import { openMemoryStore } from '../contracts/memory/store'
import ece from 'http_ece'
import { parsePushPayload } from '@herald/protocol'
import { createECDH, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import webpush from 'web-push'
import { startWebPushFake, type WebPushFake } from '@herald/push-fakes/webpush-fake'
import { openMessageIds } from '../../../gateway/stores/message-id'
import { EndpointGuard } from '../../../gateway/providers/endpoint-guard'
import type { Outcome, PushTarget } from '../../../gateway/providers/provider'
import { readAnswer } from '../../../gateway/providers/webpush/answers'
import { encryptPush, MAX_PLAINTEXT_BYTES } from '../../../gateway/providers/webpush/encryption'
import { maxPlaintext, toPlaintext } from '../../../gateway/providers/webpush/to-plaintext'
import { readWebPushSettings } from '../../../gateway/providers/webpush/settings'
import {
  keepVapidKey,
  openVapidKeys,
  readVapidKeys,
  vapidKeyFile,
} from '../../../gateway/providers/webpush/vapid-keys'
import { VapidTokens } from '../../../gateway/providers/webpush/vapid-tokens'
import { WebPushProvider } from '../../../gateway/providers/webpush/webpush-provider'
import { clearAlert, messageAlert } from './provider-suite'
import { messagePayload } from './push-alerts'

const newKeys = () => openVapidKeys({ load: () => undefined, save: () => undefined })
const keys = newKeys()
const HOUR_MS = 3_600_000
const newMessageId = openMessageIds()
const summary = { herald: 1, type: 'summary', to: 'recipient-hash', badge: 3 }

let fake: WebPushFake
let provider: WebPushProvider
let target: PushTarget
let nowMs: number

beforeEach(async () => {
  nowMs = Date.now()
  fake = await startWebPushFake({ now: () => nowMs })
  provider = new WebPushProvider({
    ...{ keys, contact: 'mailto:ops@example.com', guard: new EndpointGuard([fake.url]) },
    now: () => nowMs,
  })
  const { endpoint, keys: browser } = fake.newSubscription(keys.publicKey)
  const base = { provider: 'webpush', environment: 'production', kind: 'alert' } as const
  target = { ...base, app: keys.publicKey, token: endpoint, keys: browser }
})

afterEach(async () => {
  await provider.close()
  await fake.close()
})

const send = (alert = messageAlert(), to = target) => provider.send(to, alert, new AbortController().signal)

describe('others’ code', () => {
  it('decrypts what we encrypt (http_ece)', () => {
    const browser = createECDH('prime256v1')
    const p256dh = browser.generateKeys().toString('base64url')
    const auth = randomBytes(16).toString('base64url')
    for (const length of [0, 1, 254, 255, 256, MAX_PLAINTEXT_BYTES - 1, MAX_PLAINTEXT_BYTES]) {
      const text = 'x'.repeat(length)
      const body = encryptPush(Buffer.from(text), { p256dh, auth })
      expect(body.length).toBeLessThanOrEqual(4096)
      const options = { version: 'aes128gcm', privateKey: browser, authSecret: auth } as const
      expect(ece.decrypt(body, options).toString()).toBe(text)
    }
  })

  it('sends to the fake (web-push), which takes it', async () => {
    const own = webpush.generateVAPIDKeys()
    const subscription = fake.newSubscription(own.publicKey)
    const details = webpush.generateRequestDetails(subscription, '你好', {
      vapidDetails: { subject: 'mailto:ops@example.com', ...own },
      ...{ TTL: 60, topic: 'abc', urgency: 'high' },
    })
    const answer = await fetch(details.endpoint, {
      method: 'POST',
      headers: details.headers as Record<string, string>,
      body: Uint8Array.from(details.body),
    })
    expect(answer.status).toBe(201)
    expect(fake.delivered).toMatchObject([{ plaintext: '你好', topic: 'abc', urgency: 'high', ttl: 60 }])
  })

  it('made keys that we can read (web-push), as JSON, base64url and PEM', () => {
    const own = webpush.generateVAPIDKeys()
    const read = readVapidKeys(JSON.stringify(own))
    expect(read.publicKey).toBe(own.publicKey)
    expect(readVapidKeys(own.privateKey).publicKey).toBe(own.publicKey)
    const pem = String(read.signingKey.export({ type: 'pkcs8', format: 'pem' }))
    expect(readVapidKeys(pem).publicKey).toBe(own.publicKey)
  })
})

describe('a push', () => {
  it.each([
    [1, 'very-low'],
    [2, 'low'],
    [3, 'normal'],
    [4, 'high'],
    [5, 'high'],
  ])('of priority %i is of urgency %s', async (priority, urgency) => {
    await send(messageAlert({ priority }))
    expect(fake.delivered[0]?.urgency).toBe(urgency)
  })

  it('waits for its device until it is worth nothing, replaced by its clear', async () => {
    fake.setOnline(target.token, false)
    const alert = messageAlert({ expires: nowMs + HOUR_MS })
    await send(alert)
    await send(messageAlert({ expires: nowMs + 1000 }))
    const clear = clearAlert({ collapseId: alert.collapseId, expires: nowMs + HOUR_MS })
    expect(await provider.send(target, clear, new AbortController().signal)).toMatchObject({
      type: 'accepted',
    })
    nowMs += 60_000
    fake.setOnline(target.token, true)
    expect(fake.delivered.map(({ plaintext }) => plaintext)).toEqual([clear.payload])
    expect(fake.delivered[0]?.urgency).toBe('low')
  })

  it('over a kept connection that breaks may have been taken', async () => {
    await send()
    fake.script('drop')
    expect(await send()).toMatchObject({ type: 'retry', unknown: true, provider: true })
  })

  it('that has expired is not sent', async () => {
    expect(await send(messageAlert({ expires: nowMs }))).toMatchObject({ type: 'refused', blame: 'push' })
    expect(fake.received).toBe(0)
  })

  it('is cut inside its payload, which stays whole JSON', async () => {
    const payload = JSON.stringify({
      herald: 1,
      type: 'message',
      title: '题'.repeat(250),
      body: '"\n💾'.repeat(5000),
      id: 'm',
    })
    expect(await send(messageAlert({ payload }))).toMatchObject({ type: 'accepted' })
    const shown = JSON.parse(fake.delivered[0]?.plaintext ?? '') as Record<string, string>
    expect(shown).toMatchObject({ herald: 1, id: 'm', title: '题'.repeat(250) })
    expect(shown.body).toMatch(/^(?:"\n💾)+"?\n?…$/u)
    const bytes = Buffer.byteLength(fake.delivered[0]?.plaintext ?? '')
    expect(bytes).toBeLessThanOrEqual(MAX_PLAINTEXT_BYTES)
    expect(bytes).toBeGreaterThan(MAX_PLAINTEXT_BYTES - 12)
  })

  it('that a service finds too large goes once more without its texts', async () => {
    const { endpoint, keys: browser } = fake.newSubscription(keys.publicKey, 'firefox-android')
    const phone = { ...target, token: endpoint, keys: browser }
    const payload = messagePayload(randomUUID(), { title: '题', body: '文'.repeat(1200) })
    expect(await send(messageAlert({ payload }), phone)).toMatchObject({ type: 'accepted' })
    expect(fake.refused).toMatchObject([{ status: 413 }])
    const { title: _title, body: _body, ...bare } = JSON.parse(payload) as Record<string, unknown>
    expect(fake.delivered.map(({ plaintext }) => JSON.parse(plaintext) as unknown)).toEqual([bare])
  })

  it('that a service finds too large for its many ids goes once more with the newest of them', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => newMessageId(nowMs + index))
    const payload = JSON.stringify({ ...summary, count: 50, ids })
    fake.script({ status: 413 })
    expect(await send(messageAlert({ payload }))).toMatchObject({ type: 'accepted' })
    const { ids: kept } = JSON.parse(fake.delivered[0]?.plaintext ?? '') as { ids: string[] }
    expect(kept.length).toBeGreaterThan(10)
    expect(kept).toEqual(ids.slice(-kept.length))
  })

  it('to Mozilla’s service is no larger than what Firefox on Android can be handed', () => {
    const max = maxPlaintext('updates.push.services.mozilla.com')
    const browser = createECDH('prime256v1')
    const own = {
      p256dh: browser.generateKeys().toString('base64url'),
      auth: randomBytes(16).toString('base64url'),
    }
    for (const length of [800, 850, 900, 1300, 5000]) {
      const text = toPlaintext(messagePayload(randomUUID(), { title: '题', body: '文'.repeat(length) }), max)
      const encrypted = encryptPush(text ?? Buffer.alloc(5000), own)
      // autopush-rs: base64 of the body within data of at most 4,096 bytes, other fields beside it.
      expect(encrypted.toString('base64url').length, `${String(length)} characters`).toBeLessThan(4000)
    }
    expect(maxPlaintext('fcm.googleapis.com')).toBe(MAX_PLAINTEXT_BYTES)
    expect(maxPlaintext('push.services.mozilla.com.example.com')).toBe(MAX_PLAINTEXT_BYTES)
  })

  it('that only names messages is cut to the newest of them, and stays whole', () => {
    const ids = Array.from({ length: 50 }, (_, index) => newMessageId(nowMs + index))
    const text = toPlaintext(JSON.stringify({ ...summary, count: 50, ids }), 1000)?.toString() ?? ''
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1000)
    expect(parsePushPayload(text)).toMatchObject({ type: 'summary', count: 50 })
  })

  it('without a body is taken by the fake, as RFC 8030 allows (web-push)', async () => {
    const own = webpush.generateVAPIDKeys()
    const details = webpush.generateRequestDetails(fake.newSubscription(own.publicKey), undefined, {
      vapidDetails: { subject: 'mailto:ops@example.com', ...own },
    })
    const headers = details.headers as Record<string, string>
    expect((await fetch(details.endpoint, { method: 'POST', headers })).status).toBe(201)
    expect(fake.delivered).toMatchObject([{ plaintext: '' }])
  })

  it('that is too large without its text is refused', () => {
    expect(toPlaintext(JSON.stringify({ ids: 'x'.repeat(4000), body: 'y' }))).toBeUndefined()
  })

  it('needs a subscription of our key, with keys that are on the curve', async () => {
    const { p256dh = '', auth = '' } = target.keys ?? {}
    const offCurve = Buffer.from(p256dh, 'base64url').fill(7, 1).toString('base64url')
    const { keys: _none, ...without } = target
    for (const other of [
      { ...target, app: newKeys().publicKey },
      without,
      { ...target, keys: { p256dh: offCurve, auth } },
      { ...target, keys: { p256dh, auth: 'short' } },
    ])
      expect(await send(messageAlert(), other)).toMatchObject({ type: 'gone' })
    expect(fake.received).toBe(0)
  })

  it('that shows nothing is not sent to Safari, which would end the subscription', async () => {
    const safari = { ...target, token: 'https://web.push.apple.com/abc' }
    const outcome = await provider.send(safari, clearAlert(), new AbortController().signal)
    expect(outcome).toMatchObject({ type: 'refused', blame: 'push' })
  })

  it('reaches no address of our own network, and blames the registration', async () => {
    const inside = { ...target, token: 'https://127.0.0.1/push' }
    expect(await send(messageAlert(), inside)).toMatchObject({ type: 'refused', blame: 'push' })
    const rebinding = new WebPushProvider({
      ...{ keys, contact: undefined },
      guard: new EndpointGuard([], (_host, _options, done) => {
        done(null, [{ address: '10.0.0.1', family: 4 }])
      }),
    })
    const outcome = await rebinding.send(
      { ...target, token: 'https://push.example.com/x' },
      messageAlert(),
      new AbortController().signal,
    )
    expect(outcome).toMatchObject({ type: 'refused', why: expect.stringContaining('private network') })
    await rebinding.close()
  })
})

describe('the service of a subscription', () => {
  it.each([
    ['https://fcm.googleapis.com/fcm/send/x', 'fcm.googleapis.com'],
    ['https://updates.push.services.mozilla.com/wpush/v2/x', 'push.services.mozilla.com'],
    ['https://web.push.apple.com/x', 'push.apple.com'],
    ['https://wns2-by3p.notify.windows.com/w/?token=x', 'notify.windows.com'],
    ['https://wns2-db5p.notify.windows.com/w/?token=x', 'notify.windows.com'],
    ['https://push.example.com/x', 'other'],
    ['https://push.apple.com.example.com/x', 'other'],
    ['https://evilpush.apple.com.cn/x', 'other'],
    ['no address', 'other'],
  ])('at %s is %s: a few names, whatever clients register', (token, service) => {
    expect(provider.serviceOf({ ...target, token })).toBe(service)
  })

  it('is named by its host where a person has allowed it', () => {
    expect(provider.serviceOf(target)).toBe(new URL(fake.url).host)
  })
})

describe('the signature', () => {
  it('is kept for hours and renewed long before it ends', () => {
    let time = 1_800_000_000_000
    const tokens = new VapidTokens(keys, undefined, () => time)
    const first = tokens.header('https://a.example')
    time += 5 * HOUR_MS
    expect(tokens.header('https://a.example')).toBe(first)
    expect(tokens.header('https://b.example')).not.toBe(first)
    time += 2 * HOUR_MS
    const second = tokens.header('https://a.example')
    expect(second).not.toBe(first)
    time -= HOUR_MS * 3
    expect(tokens.header('https://a.example'), 'the clock was set back').not.toBe(second)
  })

  it('is good after a day and a half', async () => {
    for (let hours = 0; hours < 36; hours += 5) {
      expect(await send(messageAlert({ expires: nowMs + HOUR_MS })), `${hours} h`).toMatchObject({
        type: 'accepted',
      })
      nowMs += 5 * HOUR_MS
    }
  })
})

describe('answers', () => {
  const read = (status: number, text = '', trusted = true, retryAfter?: string): Outcome =>
    readAnswer({ status, headers: { 'retry-after': retryAfter }, text }, trusted, 1000)

  it.each<[number, string, object, object]>([
    [201, '', { type: 'accepted' }, { type: 'accepted' }],
    [404, '', { type: 'gone' }, { type: 'gone' }],
    [410, '', { type: 'gone' }, { type: 'gone' }],
    [413, '', { type: 'refused', blame: 'push' }, { type: 'refused', blame: 'push' }],
    [400, '{"reason":"BadWebPushTopic"}', { blame: 'push' }, { blame: 'push' }],
    [400, '{"reason":"VapidPkHashMismatch"}', { type: 'gone' }, { blame: 'push' }],
    [403, 'the VAPID credentials do not correspond to the credentials', { type: 'gone' }, { type: 'gone' }],
    [401, '{"errno":109,"message":"VAPID public key mismatch"}', { type: 'gone' }, { type: 'gone' }],
    [403, '{"reason":"BadJwtToken"}', { blame: 'credentials' }, { blame: 'push' }],
    [401, '', { blame: 'credentials' }, { blame: 'push' }],
    [429, '', { unknown: false, provider: false }, { unknown: false, provider: false }],
    [503, '', { unknown: false, provider: true }, { unknown: false, provider: false }],
    [500, '', { unknown: true, provider: true }, { unknown: true, provider: false }],
    [307, '', { type: 'retry', unknown: true }, { type: 'retry', provider: false }],
    [200, '', { type: 'accepted' }, { type: 'accepted' }],
    [204, '', { type: 'accepted' }, { type: 'accepted' }],
    [406, '', { unknown: false, provider: false }, { unknown: false, provider: false }],
  ])('%i %s', (status, text, known, stranger) => {
    expect(read(status, text, true)).toMatchObject(known)
    expect(read(status, text, false)).toMatchObject(stranger)
  })

  it('of Edge’s service in headers are read, and 406 with Retry-After is its 429', () => {
    const headers = {
      'retry-after': '900',
      'x-wns-status': 'appthrottled',
      'x-wns-error-description': 'slow down',
    }
    expect(readAnswer({ status: 406, headers, text: '' }, true, 1000)).toEqual({
      type: 'retry',
      why: 'the push service answered 406: slow down',
      afterMs: 900_000,
      unknown: false,
      provider: false,
    })
  })

  it.each([
    ['30', 30_000],
    ['Thu, 01 Jan 1970 00:00:11 GMT', 10_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('with Retry-After: %s', (text, afterMs) => {
    expect(read(429, '', true, text)).toMatchObject({ afterMs })
  })

  it('with a Retry-After that is none', () => {
    expect(read(429, '', true, 'soon')).not.toHaveProperty('afterMs')
  })
})

describe('the keys', () => {
  const temporary = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-vapid-'))
    onTestFinished(() => {
      rmSync(folder, { recursive: true })
    })
    return join(folder, 'vapid-key')
  }

  it('are made once and kept, for their owner only', () => {
    const file = temporary()
    const first = openVapidKeys(vapidKeyFile(file))
    expect(openVapidKeys(vapidKeyFile(file)).publicKey).toBe(first.publicKey)
    expect(Buffer.from(first.publicKey, 'base64url')).toHaveLength(65)
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  })

  it('of a file are taken into the store once, and are those of every gateway on it', async () => {
    const { secrets } = openMemoryStore()
    const [mine, theirs] = [temporary(), temporary()]
    const before = openVapidKeys(vapidKeyFile(mine))
    const keys = []
    for (const file of [mine, theirs, mine])
      keys.push(openVapidKeys(await keepVapidKey(secrets, vapidKeyFile(file))).publicKey)
    expect(keys).toEqual([before.publicKey, before.publicKey, before.publicKey])
    expect(readFileSync(theirs, 'utf8').trim()).toBe(readFileSync(mine, 'utf8').trim())
  })

  it('that are damaged are not taken into the store', async () => {
    const { secrets } = openMemoryStore()
    const file = temporary()
    writeFileSync(file, 'damaged')
    await expect(keepVapidKey(secrets, vapidKeyFile(file))).rejects.toThrow('P-256')
    expect(await secrets.keep('vapid', 'nothing was kept')).toBe('nothing was kept')
  })

  it('that are damaged are not replaced, which would end every subscription', () => {
    const file = temporary()
    writeFileSync(file, 'damaged')
    expect(() => openVapidKeys(vapidKeyFile(file))).toThrow('P-256')
    expect(readFileSync(file, 'utf8')).toBe('damaged')
  })
})

describe('the settings', () => {
  const env = (changes = {}) => ({
    HERALD_WEBPUSH: 'on' as const,
    HERALD_WEBPUSH_ALLOW: [],
    ...changes,
  })

  it('take the contact from the public address when it is https', () => {
    expect(readWebPushSettings(env(), 'https://herald.example.com')?.contact).toBe(
      'https://herald.example.com',
    )
    expect(readWebPushSettings(env(), 'http://herald.lan')?.contact).toBeUndefined()
  })

  it('refuse a key file that is none, naming the variable', () => {
    expect(() => readWebPushSettings(env({ HERALD_WEBPUSH_KEY_FILE: '/nowhere' }))).toThrow(
      'HERALD_WEBPUSH_KEY_FILE',
    )
  })
})
