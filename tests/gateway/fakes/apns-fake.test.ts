import { Notification, Provider } from '@parse/node-apn'
import { randomUUID } from 'node:crypto'
import { connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startApnsFake, type ApnsFake, type ApnsFakeOptions } from '@herald/push-fakes/apns-fake'
import { BUNDLE, makeKey, TEAM, TOKEN } from '../providers/apns/apns-under-test'
import { until } from '../providers/provider-suite'
import { open, post, providerToken, type RawAnswer } from './raw-apns'

const MINUTE_MS = 60_000
const key = makeKey()
const sandboxOnly = makeKey('SANDBOX123', { environment: 'sandbox' })
const topicOnly = makeKey('TOPIC12345', { topics: ['com.example.other'] })
const secondKey = makeKey('SECOND1234')
const otherTeam = makeKey('OTHER12345', { teamId: 'OTHERTEAM1' })
const stranger = makeKey()

const SANDBOX_TOKEN = 'b2'.repeat(32)
const GONE_TOKEN = 'c3'.repeat(32)
const OTHER_APP_TOKEN = 'd4'.repeat(32)
const GONE_SINCE = 1_700_000_000_000

let fake: ApnsFake
let now = Date.now()

async function start(options: ApnsFakeOptions = {}): Promise<void> {
  now = Date.now()
  usual = jwt()
  fake = await startApnsFake({
    now: () => now,
    keys: [key, sandboxOnly, topicOnly, secondKey, otherTeam].map(({ atApple }) => atApple),
    devices: [
      { token: TOKEN, environment: 'production', topic: BUNDLE },
      { token: SANDBOX_TOKEN, environment: 'sandbox', topic: BUNDLE },
      { token: GONE_TOKEN, environment: 'production', topic: BUNDLE, goneSince: GONE_SINCE },
      { token: OTHER_APP_TOKEN, environment: 'production', topic: 'com.example.other' },
    ],
    ...options,
  })
}

const jwt = (of = key, changes: Parameters<typeof providerToken>[1] = {}) =>
  `bearer ${providerToken({ pem: of.pem, keyId: of.atApple.keyId, teamId: of.atApple.teamId }, changes)}`

/** The token that a test uses throughout; a second one would come too soon. */
let usual = ''

const headers = (changes: OutgoingHttpHeaders = {}): OutgoingHttpHeaders => ({
  ':path': `/3/device/${TOKEN}`,
  authorization: usual,
  'apns-topic': BUNDLE,
  'apns-push-type': 'alert',
  ...changes,
})

async function ask(changes: OutgoingHttpHeaders = {}, body?: string | Buffer): Promise<RawAnswer> {
  const session = await open(fake)
  const answer = await post(session, headers(changes), body)
  session.destroy()
  return answer
}

beforeEach(() => start())
afterEach(() => fake.close())

describe('the fake of APNs and a client that others wrote', () => {
  function nodeApn(of = key): Provider {
    const { hostname, port } = new URL(fake.url)
    return new Provider({
      token: { key: of.pem, keyId: of.atApple.keyId, teamId: TEAM },
      address: hostname,
      port: Number(port),
      ca: [fake.ca],
    })
  }

  function notification(): Notification {
    const one = new Notification({ aps: { alert: { title: 'Disk full', body: '磁盘已满 💾' }, badge: 3 } })
    one.topic = BUNDLE
    one.pushType = 'alert'
    one.id = randomUUID()
    one.collapseId = 'm_1'
    one.expiry = Math.floor(now / 1000) + 3600
    one.priority = 10
    one.payload = { herald: 1 }
    return one
  }

  it('takes what it sends, alert and background', async () => {
    const provider = nodeApn()
    const alert = notification()
    const background = notification()
    background.aps = { 'content-available': 1 }
    background.pushType = 'background'
    background.priority = 5
    for (const one of [alert, background]) {
      const result = await provider.send(one, TOKEN)
      expect(result.failed).toEqual([])
      expect(result.sent).toEqual([{ device: TOKEN, 'apns-id': one.id }])
    }
    await provider.shutdown()
    expect(fake.pushes.map(({ id, pushType }) => [id, pushType])).toEqual([
      [alert.id, 'alert'],
      [background.id, 'background'],
    ])
    expect(fake.tray(TOKEN)).toHaveLength(1)
    expect(fake.badge(TOKEN)).toBe(3)
  })

  it('is understood by it when it refuses', async () => {
    const provider = nodeApn()
    const failures = [
      ['00'.repeat(32), 400, { reason: 'BadDeviceToken' }],
      [GONE_TOKEN, 410, { reason: 'Unregistered', timestamp: GONE_SINCE }],
      [OTHER_APP_TOKEN, 400, { reason: 'DeviceTokenNotForTopic' }],
    ] as const
    for (const [device, status, response] of failures) {
      expect((await provider.send(notification(), device)).failed).toMatchObject([
        { device, status, response },
      ])
    }
    await provider.shutdown()
    const wrongKey = nodeApn(stranger)
    expect((await wrongKey.send(notification(), TOKEN)).failed).toMatchObject([
      { status: 403, response: { reason: 'InvalidProviderToken' } },
    ])
    await wrongKey.shutdown()
    expect(fake.pushes).toEqual([])
  })
})

describe('the fake of APNs refuses', () => {
  const table: [string, number, string, () => OutgoingHttpHeaders, (string | Buffer)?][] = [
    ['another method', 405, 'MethodNotAllowed', () => ({ ':method': 'PUT' })],
    ['another path', 404, 'BadPath', () => ({ ':path': `/2/device/${TOKEN}` })],
    ['no token', 400, 'MissingDeviceToken', () => ({ ':path': '/3/device/' })],
    ['a token that is not hex', 400, 'BadDeviceToken', () => ({ ':path': '/3/device/xyz' })],
    ['a token it never gave', 400, 'BadDeviceToken', () => ({ ':path': `/3/device/${'ee'.repeat(32)}` })],
    ['a token of the sandbox', 400, 'BadDeviceToken', () => ({ ':path': `/3/device/${SANDBOX_TOKEN}` })],
    ['a dead token', 410, 'Unregistered', () => ({ ':path': `/3/device/${GONE_TOKEN}` })],
    [
      'a token of another app',
      400,
      'DeviceTokenNotForTopic',
      () => ({ ':path': `/3/device/${OTHER_APP_TOKEN}` }),
    ],
    ['no provider token', 403, 'MissingProviderToken', () => ({ authorization: undefined })],
    [
      'another scheme',
      403,
      'MissingProviderToken',
      () => ({ authorization: jwt().replace('bearer', 'basic') }),
    ],
    ['an unknown key', 403, 'InvalidProviderToken', () => ({ authorization: jwt(stranger) })],
    ['another algorithm', 403, 'InvalidProviderToken', () => ({ authorization: jwt(key, { alg: 'RS256' }) })],
    ['a signature in DER', 403, 'InvalidProviderToken', () => ({ authorization: jwt(key, { der: true }) })],
    ['a time in text', 403, 'InvalidProviderToken', () => ({ authorization: jwt(key, { iat: '1' }) })],
    ['a time in ms', 403, 'InvalidProviderToken', () => ({ authorization: jwt(key, { iat: Date.now() }) })],
    [
      'a token from an hour ago',
      403,
      'ExpiredProviderToken',
      () => ({ authorization: jwt(key, { iat: Math.floor(Date.now() / 1000) - 3700 }) }),
    ],
    [
      'nonsense for a token',
      403,
      'InvalidProviderToken',
      () => ({ authorization: 'bearer bnVsbA.bnVsbA.bnVsbA' }),
    ],
    ['a key of the sandbox', 403, 'BadEnvironmentKeyIdInToken', () => ({ authorization: jwt(sandboxOnly) })],
    ['a key for other topics', 400, 'TopicDisallowed', () => ({ authorization: jwt(topicOnly) })],
    ['no topic', 400, 'MissingTopic', () => ({ 'apns-topic': undefined })],
    ['a topic of another push type', 400, 'BadTopic', () => ({ 'apns-topic': `${BUNDLE}.voip` })],
    ['an unknown push type', 400, 'InvalidPushType', () => ({ 'apns-push-type': 'loud' })],
    ['a priority of 3', 400, 'BadPriority', () => ({ 'apns-priority': '3' })],
    [
      'a background push in a hurry',
      400,
      'BadPriority',
      () => ({ 'apns-push-type': 'background', 'apns-priority': '10' }),
      '{"aps":{"content-available":1}}',
    ],
    [
      'a background push that rings',
      400,
      'InvalidPushType',
      () => ({ 'apns-push-type': 'background', 'apns-priority': '5' }),
      '{"aps":{"content-available":1,"badge":1}}',
    ],
    ['an alert without any', 400, 'InvalidPushType', () => ({}), '{"aps":{"content-available":1}}'],
    ['an id that is no UUID', 400, 'BadMessageId', () => ({ 'apns-id': 'id-1' })],
    ['an expiry in text', 400, 'BadExpirationDate', () => ({ 'apns-expiration': 'tomorrow' })],
    ['an expiry in ms', 400, 'BadExpirationDate', () => ({ 'apns-expiration': String(Date.now()) })],
    ['a collapse id of 65 bytes', 400, 'BadCollapseId', () => ({ 'apns-collapse-id': 'x'.repeat(65) })],
    ['a header that comes twice', 400, 'DuplicateHeaders', () => ({ 'x-twice': ['1', '2'] })],
    ['an empty body', 400, 'PayloadEmpty', () => ({}), ''],
    ['a body that is not JSON', 400, 'PayloadEmpty', () => ({}), '{"aps":'],
    [
      'a body that is not UTF-8',
      400,
      'PayloadEmpty',
      () => ({}),
      Buffer.from('7b22617073223a7b22616c657274223a22ff227d7d', 'hex'),
    ],
    ['4097 bytes', 413, 'PayloadTooLarge', () => ({}), bodyOf(4097)],
  ]

  function bodyOf(bytes: number): string {
    const frame = JSON.stringify({ aps: { alert: '' } })
    // Three bytes and one character each: bytes are counted.
    const room = bytes - Buffer.byteLength(frame)
    return JSON.stringify({ aps: { alert: '文'.repeat(Math.floor(room / 3)) + 'x'.repeat(room % 3) } })
  }

  it.each(table)('%s: %i %s', async (_what, status, reason, changes, body) => {
    const answer = await ask(changes(), body)
    expect([answer.status, answer.body.reason]).toEqual([status, reason])
    expect(fake.pushes).toEqual([])
    expect(fake.refused).toMatchObject([{ status, reason }])
  })

  it('nothing of a push that is right to the byte', async () => {
    const id = randomUUID()
    const answer = await ask(
      { 'apns-id': id, 'apns-collapse-id': 'x'.repeat(64), 'apns-expiration': '0' },
      bodyOf(4096),
    )
    expect(answer).toMatchObject({ status: 200, id, body: {} })
    expect(fake.pushes).toMatchObject([{ id, bytes: 4096, shown: true }])
  })

  it('with the time since when a token is dead', async () => {
    expect((await ask({ ':path': `/3/device/${GONE_TOKEN}` })).body.timestamp).toBe(GONE_SINCE)
  })
})

describe('a connection to the fake of APNs', () => {
  it('is encrypted, by a certificate that has to be trusted', async () => {
    const session = connect(fake.url)
    const error = await new Promise<Error>((resolve) => session.on('error', resolve))
    expect(error.message).toMatch(/self.signed|unable to verify/i)
    const { hostname, port } = new URL(fake.url)
    const plain = connectTls({ host: hostname, port: Number(port), ca: fake.ca, ALPNProtocols: ['http/1.1'] })
    await expect(
      new Promise((resolve, reject) => {
        plain.on('error', reject)
        plain.on('close', () => resolve(plain.alpnProtocol))
      }),
    ).rejects.toThrow(/no application protocol/i)
  })

  it('has one stream until a push was taken, then more', async () => {
    const session = await open(fake)
    expect(session.remoteSettings.maxConcurrentStreams).toBe(1)
    expect((await post(session, headers({ 'apns-topic': undefined }))).status).toBe(400)
    expect(session.remoteSettings.maxConcurrentStreams).toBe(1)
    expect((await post(session, headers())).status).toBe(200)
    await until(() => session.remoteSettings.maxConcurrentStreams === 100)
    fake.limitStreams(7)
    await until(() => session.remoteSettings.maxConcurrentStreams === 7)
    session.destroy()
  })

  it('refuses the streams of a client that does not wait for its settings', async () => {
    const session = connect(fake.url, { ca: fake.ca })
    session.on('error', () => undefined)
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(session, headers())))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ rstCode }) => rstCode === constants.NGHTTP2_REFUSED_STREAM)).toHaveLength(7)
    session.destroy()
  })

  it('takes another provider token of the same key after 20 minutes and no sooner', async () => {
    const session = await open(fake)
    const at = (ms: number) => jwt(key, { iat: Math.floor(ms / 1000) })
    const begun = now
    expect((await post(session, headers({ authorization: at(begun) }))).status).toBe(200)
    now = begun + 19 * MINUTE_MS
    expect(await post(session, headers({ authorization: at(now) }))).toMatchObject({
      status: 429,
      body: { reason: 'TooManyProviderTokenUpdates' },
    })
    now = begun + 21 * MINUTE_MS
    expect((await post(session, headers({ authorization: at(now) }))).status).toBe(200)
    now = begun + 90 * MINUTE_MS
    expect((await post(session, headers({ authorization: at(begun + 21 * MINUTE_MS) }))).body.reason).toBe(
      'ExpiredProviderToken',
    )
    session.destroy()
  })

  it('stays with the team and the key that it began with', async () => {
    const session = await open(fake)
    expect((await post(session, headers())).status).toBe(200)
    const reason = async (of: typeof key) =>
      (await post(session, headers({ authorization: jwt(of) }))).body.reason
    expect(await reason(secondKey)).toBe('UnrelatedKeyIdInToken')
    expect(await reason(otherTeam)).toBe('InvalidProviderToken')
    session.destroy()
  })

  it('is told to go away: what came before is answered, what comes after was never seen', async () => {
    const session = await open(fake)
    await post(session, headers())
    await until(() => session.remoteSettings.maxConcurrentStreams === 100)
    let release = (): void => undefined
    const reasons: unknown[] = []
    session.on('goaway', (_code, _last, data) => reasons.push(JSON.parse(String(data))))
    fake.script(
      { type: 'wait', until: new Promise<void>((resolve) => (release = resolve)) },
      { type: 'goaway', taken: false, reason: 'Shutdown' },
    )
    const before = post(session, headers())
    const after = post(session, headers())
    expect(await after).toMatchObject({ status: 0, rstCode: constants.NGHTTP2_REFUSED_STREAM })
    release()
    expect((await before).status).toBe(200)
    expect(reasons).toEqual([{ reason: 'Shutdown' }])
    expect(fake.pushes).toHaveLength(2)
  })

  it.each([true, false])('dies without a word, the push taken: %s', async (taken) => {
    fake.script({ type: 'kill', taken })
    expect((await ask()).status).toBe(0)
    expect(fake.pushes).toHaveLength(taken ? 1 : 0)
  })
})

describe('a device of the fake of APNs', () => {
  const collapse = (id: string, alert: string) =>
    ask({ 'apns-collapse-id': id }, JSON.stringify({ aps: { alert } }))
  const shown = () => fake.tray(TOKEN).map(({ payload }) => (payload.aps as { alert: string }).alert)

  it('replaces what has the same collapse id', async () => {
    await collapse('a', 'one')
    await collapse('b', 'two')
    await collapse('a', 'three')
    expect(shown()).toEqual(['three', 'two'])
  })

  it('shows nothing that has expired', async () => {
    expect((await ask({ 'apns-expiration': String(Math.floor(now / 1000) - 60) })).status).toBe(200)
    expect(fake.tray(TOKEN)).toEqual([])
    expect(fake.pushes).toMatchObject([{ shown: false }])
  })

  it('gets the last push only when it was offline, and none that was for now or never', async () => {
    const device = { token: TOKEN, environment: 'production', topic: BUNDLE } as const
    fake.setDevice({ ...device, offline: true })
    await collapse('a', 'one')
    await collapse('b', 'two')
    await ask({ 'apns-expiration': '0' }, '{"aps":{"alert":"now"}}')
    expect(shown()).toEqual([])
    fake.setDevice(device)
    expect(shown()).toEqual(['two'])
  })
})
