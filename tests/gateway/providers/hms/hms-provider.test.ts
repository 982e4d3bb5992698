import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Fault as FakeFault } from '@herald/push-fakes/fake-service'
import { hmsAnswer } from '@herald/push-fakes/hms-fake'
import { toOutcome } from '../../../../gateway/providers/hms/answers'
import { HmsProvider } from '../../../../gateway/providers/hms/hms-provider'
import { hmsEnvironment, readHmsSettings } from '../../../../gateway/providers/hms/settings'
import { clearAlert, messageAlert, providerSuite, type Fault } from '../provider-suite'
import {
  ACCOUNT,
  otherKey,
  ownKey,
  PACKAGE,
  PROJECT,
  settingsFor,
  startHms,
  target,
  TOKEN,
} from './hms-under-test'

const faults: Readonly<Record<Exclude<Fault, 'gone' | 'quota'>, (url: string) => FakeFault>> = {
  refused: () => ({ type: 'reply', reply: hmsAnswer('80300008', 'The message is too large', 400) }),
  credentials: () => ({ type: 'reply', reply: hmsAnswer('80200001', 'Oauth authentication error.', 401) }),
  busy: () => ({ type: 'reply', reply: hmsAnswer('81000001', 'System inner error.', 500) }),
  hang: () => ({ type: 'hang' }),
  drop: () => ({ type: 'drop' }),
  nonsense: () => ({ type: 'nonsense' }),
  redirect: (url) => ({ type: 'redirect', to: `${url}/v3/${PROJECT}/messages:send` }),
}

providerSuite('hms', async () => {
  const { fake, provider } = await startHms()
  const stranger = new HmsProvider(settingsFor(fake, otherKey))
  return {
    provider,
    stranger,
    target: target(),
    badTarget: target({ token: 'short' }),
    secrets: [ownKey.pem],
    shown: () =>
      fake.pushes.map(({ notification: { title, body, clickAction } }) => ({
        title,
        body,
        payload: clickAction.data?.payload,
      })),
    received: () => fake.sends(TOKEN),
    arrange: (fault) => {
      if (fault === 'gone') fake.setDevice({ token: TOKEN, fault: 'tokenFormatError' })
      else if (fault === 'quota') fake.limit(0)
      else fake.script(faults[fault](fake.url))
    },
    stop: () => fake.close(),
    close: async () => {
      await Promise.all([provider.close(), stranger.close()])
      await fake.close()
    },
  }
})

const never = () => new AbortController().signal
let running: Awaited<ReturnType<typeof startHms>> | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(options: Parameters<typeof startHms>[0] = {}) {
  return (running = await startHms(options))
}

describe('a push to HMS', () => {
  it('D4-10: that comes twice shows once', async () => {
    const { fake, provider } = await start()
    const alert = messageAlert()
    fake.script({ type: 'drop' })
    expect(await provider.send(target(), alert, never())).toMatchObject({ type: 'retry', unknown: true })
    await provider.send(target(), alert, never())
    expect(fake.pushes).toHaveLength(2)
    expect(fake.tray(TOKEN)).toHaveLength(1)
    await provider.send(target(), messageAlert(), never())
    expect(fake.tray(TOKEN)).toHaveLength(2)
  })

  it('carries badge and life, and sets at most 99', async () => {
    const { fake, provider } = await start()
    await provider.send(target(), messageAlert({ badge: 1234, expires: Date.now() + 10_000 }), never())
    expect(fake.badge(TOKEN)).toBe(99)
    expect(fake.pushes).toMatchObject([{ ttl: 10 }])
  })

  it('without text is not refused for that', async () => {
    const { provider } = await start()
    expect(await provider.send(target(), messageAlert({ title: '', body: '' }), never())).toMatchObject({
      type: 'accepted',
    })
  })

  it('of a category that was not granted is for a person to mend, and drops no token', async () => {
    const { fake } = await start()
    const provider = new HmsProvider(settingsFor(fake, ownKey, 'IM'))
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({
      type: 'refused',
      blame: 'credentials',
      why: expect.stringMatching(/noPushTypeRight.*category/) as string,
    })
  })

  it('is signed anew when the clock was set back', async () => {
    let now = Date.now() + 86_400_000
    const { fake } = await start()
    const provider = new HmsProvider(settingsFor(fake), () => now)
    const send = () => provider.send(target(), messageAlert({ expires: now + 3_600_000 }), never())
    expect(await send()).toMatchObject({ type: 'refused', blame: 'credentials' })
    now -= 86_400_000
    expect(await send()).toMatchObject({ type: 'accepted' })
  })

  it('is signed anew, once, when HMS says that the token has expired', async () => {
    const { fake, provider } = await start()
    const expired = { type: 'reply', reply: hmsAnswer('80200003', 'Oauth Token expired.', 401) } as const
    fake.script(expired)
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({ type: 'accepted' })
    fake.script(expired, expired)
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({
      blame: 'credentials',
      why: /clock/,
    })
  })

  it.each([
    ['of another app', { app: 'com.example.other' }, {}],
    ['that has expired', {}, { expires: 1 }],
    ['whose payload leaves no room', {}, { payload: JSON.stringify({ x: 'x'.repeat(5000) }) }],
  ])('%s is refused before it is sent', async (_what, targetChanges, changes) => {
    const { fake, provider } = await start()
    const outcome = await provider.send(target(targetChanges), messageAlert(changes), never())
    expect(outcome).toMatchObject({ type: 'refused', blame: 'push' })
    expect(fake.sends()).toBe(0)
  })

  it('D4-17: that is held back by flow control is a quota, not sent', async () => {
    const now = Date.now()
    const { fake, provider } = await start({ now: () => now })
    fake.limit(1)
    await provider.send(target(), messageAlert(), never())
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({
      type: 'quota',
      until: now + 60_000,
    })
    expect(fake.pushes).toHaveLength(1)
  })
})

describe('a recall by HMS', () => {
  it('takes back by client id and notifyId what was shown, and leaves the rest', async () => {
    const { fake, provider } = await start()
    const [read, unread] = [messageAlert(), messageAlert()]
    await provider.send(target(), read, never())
    await provider.send(target(), unread, never())
    expect(provider.clears).toBe(true)
    expect(await provider.send(target(), clearAlert({ collapseId: read.collapseId }), never())).toMatchObject(
      { type: 'accepted' },
    )
    expect(fake.recalls).toHaveLength(1)
    expect(fake.tray(TOKEN)).toMatchObject([
      { notification: { clickAction: { data: { payload: unread.payload } } } },
    ])
  })

  it('does not bring back what comes under the same number later', async () => {
    const { fake, provider } = await start()
    const alert = messageAlert()
    await provider.send(target(), alert, never())
    await provider.send(target(), clearAlert({ collapseId: alert.collapseId }), never())
    await provider.send(target(), alert, never())
    expect(fake.tray(TOKEN)).toHaveLength(1)
  })

  it('is not promised without the client id, and says what to set', async () => {
    const { fake } = await start()
    const provider = new HmsProvider({ ...settingsFor(fake), clientId: undefined })
    expect(provider.clears).toBe(false)
    expect(await provider.send(target(), clearAlert(), never())).toMatchObject({
      type: 'refused',
      blame: 'push',
      why: expect.stringContaining('HERALD_HMS_CLIENT_ID') as string,
    })
  })
})

describe('an answer of HMS', () => {
  const push = { type: 'refused', blame: 'push' }
  const credentials = { type: 'refused', blame: 'credentials' }
  const unknown = { type: 'retry', unknown: true, provider: true }
  const illegal = (fault: string) => JSON.stringify({ failure: 1, illegalTokens: { [fault]: ['MAM…'] } })

  it.each([
    [200, '80000000', 'Success', { type: 'accepted' }],
    [400, '80100000', illegal('tokenFormatError'), { type: 'gone' }],
    [400, '80300007', illegal('tokenPlatformNotSupport'), { type: 'gone' }],
    // None of these says that the app was removed: a live registration must not be dropped for them.
    [400, '80300007', 'All the tokens are invalid', push],
    [400, '80300007', illegal('atomicUnableSendUnsubscribedMsg'), push],
    [400, '80300007', illegal('differentImgVerifyPolicy'), push],
    [400, '80300007', illegal('notSupportPlayVoice'), push],
    [400, '80300007', illegal('noRightToSendThisLiveNotificationEvent'), credentials],
    [400, '80300007', illegal('aReasonOfTomorrow'), push],
    [400, '80300007', illegal('noRight'), push],
    [400, '80300007', illegal('countryNotSupport'), push],
    [400, '80300007', illegal('noPushTypeRight'), credentials],
    [400, '80300007', illegal('appinfoError'), credentials],
    [400, '80300007', illegal('constructor'), push],
    [400, '80100004', '', push],
    [401, '80300036', '', credentials],
    // HMS answers these with 200, and they are no fault of the service.
    [200, '80300037', 'The app is penalised', credentials],
    [200, '80300029', '', push],
    [200, '80209999', '', credentials],
    [200, '81999999', '', { type: 'retry', unknown: false, provider: true }],
    [400, '80100001', '', push],
    [400, '80100003', '', push],
    [400, '80100016', '', push],
    [400, '80300008', '', push],
    [400, '80300010', '', push],
    [401, '80200001', '', credentials],
    [401, '80200003', '', credentials],
    [401, '80200005', '', credentials],
    [403, '80300002', '', credentials],
    [500, '81000001', '', { type: 'retry', unknown: false, provider: true }],
    [502, '', '', { type: 'retry', unknown: false, provider: true }],
    [503, '', '', { type: 'quota', until: 61_000 }],
    [404, '', '', credentials],
    [418, '', '', push],
    [400, '89999999', 'new', push],
    [200, '89999999', 'new', unknown],
    [204, '', '', unknown],
    [302, '', '', unknown],
  ])('of %i %s %s has its outcome', (status, code, msg, expected) => {
    const json = { code, msg, requestId: 'r-1' }
    expect(toOutcome({ status, headers: new Headers(), json }, 1000)).toMatchObject(expected)
  })

  it.each([undefined, null, [], {}, { code: 80000000 }])('of 200 that is %j is unknown', (json) => {
    expect(toOutcome({ status: 200, headers: new Headers(), json }, 0)).toMatchObject(unknown)
  })
})

describe('the settings of HMS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-hms-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const account = { project_id: PROJECT, key_id: ownKey.keyId, private_key: ownKey.pem, sub_account: ACCOUNT }
  const write = (content: object | string): string => {
    const file = join(folder, `${Math.random()}.json`)
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
  const read = (env: Record<string, string>) => readHmsSettings(v.parse(v.object(hmsEnvironment), env))

  it('are none without variables, and a service account with them', () => {
    expect(read({})).toBeUndefined()
    const env = { HERALD_HMS_SERVICE_ACCOUNT_FILE: write(account), HERALD_HMS_PACKAGE: PACKAGE }
    expect(read(env)).toMatchObject({ category: 'MARKETING', url: 'https://push-api.cloud.huawei.com' })
    expect(read({ ...env, HERALD_HMS_CATEGORY: 'WORK', HERALD_HMS_URL: 'http://localhost:1' })).toMatchObject(
      {
        category: 'WORK',
        url: 'http://localhost:1',
      },
    )
    expect(read({ ...env, HERALD_HMS_CATEGORY: 'CUSTOMER_SERVICE' })?.category).toBe('CUSTOMER_SERVICE')
    expect(() => read({ ...env, HERALD_HMS_CATEGORY: 'VOIP' })).toThrow()
  })

  it.each([
    ['not JSON', 'hello'],
    ['without an account', { ...account, sub_account: '' }],
    ['without a key', { ...account, private_key: 'none' }],
  ])('refuse a file that is %s, by the name of the variable', (_what, content) => {
    const env = { HERALD_HMS_SERVICE_ACCOUNT_FILE: write(content), HERALD_HMS_PACKAGE: PACKAGE }
    expect(() => read(env)).toThrow(/^HERALD_HMS_SERVICE_ACCOUNT_FILE: must be the JSON file/)
  })

  it('are whole or none', () => {
    expect(() => read({ HERALD_HMS_CATEGORY: 'WORK' })).toThrow(
      /HERALD_HMS_SERVICE_ACCOUNT_FILE.*must be set/,
    )
  })
})
