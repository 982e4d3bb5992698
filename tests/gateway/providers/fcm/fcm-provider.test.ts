import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { fcmError } from '@herald/push-fakes/fcm-fake'
import type { Fault as FakeFault } from '@herald/push-fakes/fake-service'
import { toOutcome } from '../../../../gateway/providers/fcm/answers'
import { FcmProvider } from '../../../../gateway/providers/fcm/fcm-provider'
import { fcmEnvironment, readFcmSettings } from '../../../../gateway/providers/fcm/settings'
import { clearAlert, messageAlert, providerSuite, type Fault } from '../provider-suite'
import {
  EMAIL,
  otherKey,
  ownKey,
  PACKAGE,
  PROJECT,
  settingsFor,
  startFcm,
  target,
  TOKEN,
} from './fcm-under-test'

const faults: Readonly<Record<Exclude<Fault, 'gone' | 'quota'>, (url: string) => FakeFault>> = {
  refused: () => ({ type: 'reply', reply: fcmError(400, 'INVALID_ARGUMENT') }),
  credentials: () => ({ type: 'reply', reply: fcmError(403, 'PERMISSION_DENIED') }),
  busy: () => ({ type: 'reply', reply: fcmError(503, 'UNAVAILABLE', 'UNAVAILABLE') }),
  hang: () => ({ type: 'hang' }),
  drop: () => ({ type: 'drop' }),
  nonsense: () => ({ type: 'nonsense' }),
  redirect: (url) => ({ type: 'redirect', to: `${url}/v1/projects/${PROJECT}/messages:send` }),
}

providerSuite('fcm', async () => {
  const { fake, provider } = await startFcm()
  const stranger = new FcmProvider(settingsFor(fake, otherKey))
  return {
    provider,
    stranger,
    target: target(),
    badTarget: target({ token: 'short' }),
    secrets: [ownKey.pem, 'ya29.'],
    shown: () =>
      fake.pushes.map(({ message }) => ({ ...message.notification, payload: message.data?.payload })),
    received: () => fake.sends,
    arrange: (fault) => {
      if (fault === 'gone') fake.setDevice({ token: TOKEN, packageName: PACKAGE, gone: true })
      else if (fault === 'quota') fake.limit(0, 30)
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
let running: Awaited<ReturnType<typeof startFcm>> | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(options: Parameters<typeof startFcm>[0] = {}) {
  return (running = await startFcm(options))
}

describe('the access token of FCM', () => {
  it('is asked for once by many pushes, and again shortly before its end', async () => {
    let now = Date.now()
    const { fake, provider } = await start({ now: () => now })
    const send = () => provider.send(target(), messageAlert({ expires: now + 3_600_000 }), never())
    await Promise.all(Array.from({ length: 20 }, send))
    expect(fake.signIns).toBe(1)
    now += 50 * 60_000
    await send()
    expect(fake.signIns).toBe(1)
    now += 6 * 60_000
    expect(await send()).toMatchObject({ type: 'accepted' })
    expect(fake.signIns).toBe(2)
  })

  it('is asked for anew, once, when FCM refuses it', async () => {
    const { fake, provider } = await start()
    await provider.send(target(), messageAlert(), never())
    fake.revoke()
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({ type: 'accepted' })
    expect(fake.signIns).toBe(2)
    const refusal = { type: 'reply', reply: fcmError(401, 'UNAUTHENTICATED') } as const
    fake.script(refusal, refusal)
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({
      type: 'refused',
      blame: 'credentials',
    })
  })

  it.each([
    ['breaks', { type: 'drop' }],
    ['is busy', { type: 'reply', reply: { status: 503, body: {} } }],
    ['answers nonsense', { type: 'nonsense' }],
  ] as const)(
    'that cannot be had because Google %s leaves the push unsent, not unknown',
    async (_how, fault) => {
      const { fake, provider } = await start()
      fake.scriptSignIn(fault)
      expect(await provider.send(target(), messageAlert(), never())).toMatchObject({
        type: 'retry',
        unknown: false,
        provider: true,
      })
      expect(fake.sends).toBe(0)
      expect(await provider.send(target(), messageAlert(), never())).toMatchObject({ type: 'accepted' })
    },
  )

  it('is not given to a clock that is a day wrong, and the words say so', async () => {
    const { fake } = await start()
    const late = new FcmProvider(settingsFor(fake), () => Date.now() - 86_400_000)
    expect(await late.send(target(), messageAlert(), never())).toMatchObject({
      type: 'refused',
      blame: 'credentials',
      why: expect.stringContaining('clock') as string,
    })
    expect(fake.refused).toEqual([{ status: 400, code: 'invalid_grant' }])
  })
})

describe('a push to FCM', () => {
  it('D4-10: that comes twice shows once', async () => {
    const { fake, provider } = await start()
    const alert = messageAlert()
    fake.script({ type: 'drop' })
    expect(await provider.send(target(), alert, never())).toMatchObject({ type: 'retry', unknown: true })
    await provider.send(target(), alert, never())
    expect(fake.pushes).toHaveLength(2)
    expect(fake.tray(TOKEN)).toHaveLength(1)
  })

  it('carries urgency, badge, life and package', async () => {
    const { fake, provider } = await start()
    const alert = messageAlert({ priority: 5, badge: 7, expires: Date.now() + 10_000, sound: false })
    await provider.send(target(), alert, never())
    await provider.send(target(), messageAlert({ priority: 1 }), never())
    expect(fake.pushes[0]?.message.android).toMatchObject({
      priority: 'HIGH',
      ttl: '10s',
      restricted_package_name: PACKAGE,
      notification: {
        tag: alert.collapseId,
        notification_count: 7,
        notification_priority: 'PRIORITY_MAX',
        default_sound: false,
      },
    })
    expect(fake.pushes[1]?.message.android).toMatchObject({ priority: 'NORMAL' })
  })

  it('that takes one back is data alone, and in no hurry', async () => {
    const { fake, provider } = await start()
    const clear = clearAlert()
    await provider.send(target(), clear, never())
    expect(fake.pushes[0]?.message).toMatchObject({
      data: { payload: clear.payload },
      android: { priority: 'NORMAL' },
    })
    expect(fake.pushes[0]?.message).not.toHaveProperty('notification')
  })

  it.each([
    ['of another app', { app: 'com.example.other' }, {}],
    ['that has expired', {}, { expires: 1 }],
    ['whose payload leaves no room', {}, { payload: JSON.stringify({ x: 'x'.repeat(5000) }) }],
  ])('%s is refused before it is sent', async (_what, targetChanges, changes) => {
    const { fake, provider } = await start()
    const outcome = await provider.send(target(targetChanges), messageAlert(changes), never())
    expect(outcome).toMatchObject({ type: 'refused', blame: 'push' })
    expect(fake.sends + fake.signIns).toBe(0)
  })

  it('to a device that gets too many waits by itself, and the others go on', async () => {
    const { fake, provider } = await start()
    const other = `${TOKEN}-other`
    fake.setDevice({ token: other, packageName: PACKAGE })
    fake.limitDevice(TOKEN, 1)
    await provider.send(target(), messageAlert(), never())
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({
      ...{ type: 'retry', unknown: false, provider: false, afterMs: 60_000 },
    })
    expect(await provider.send(target({ token: other }), messageAlert(), never())).toMatchObject({
      type: 'accepted',
    })
  })

  it('D4-17: that is over the quota is not counted as sent, and says until when', async () => {
    const now = Date.now()
    const { fake, provider } = await start({ now: () => now })
    fake.limit(1, 30)
    await provider.send(target(), messageAlert(), never())
    expect(await provider.send(target(), messageAlert(), never())).toMatchObject({
      type: 'quota',
      until: now + 30_000,
    })
    expect(fake.pushes).toHaveLength(1)
  })
})

describe('an answer of FCM', () => {
  const credentials = { type: 'refused', blame: 'credentials' }
  const push = { type: 'refused', blame: 'push' }
  const busy = { type: 'retry', unknown: false, provider: true }
  const badToken = 'The registration token is not a valid FCM registration token'
  const table: [Parameters<typeof fcmError>, object][] = [
    [[404, 'NOT_FOUND', 'UNREGISTERED'], { type: 'gone' }],
    [[400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', badToken], { type: 'gone' }],
    // Untyped, it is about the request, whatever its words say.
    [[400, 'INVALID_ARGUMENT', undefined, badToken], push],
    [[400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'Invalid TTL'], push],
    [[403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'], push],
    [[403, 'PERMISSION_DENIED'], credentials],
    [[404, 'NOT_FOUND'], credentials],
    [[401, 'UNAUTHENTICATED'], credentials],
    [[401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR'], credentials],
    // Whose limit it was is not said: not the project's, as far as anybody knows.
    [[429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'], { type: 'retry', afterMs: 60_000, provider: false }],
    [[429, 'RESOURCE_EXHAUSTED'], { type: 'retry', unknown: false, provider: false }],
    [[429, 'NEW_STATUS'], { type: 'retry', unknown: false, provider: false }],
    [[500, 'INTERNAL', 'INTERNAL'], busy],
    [[503, 'UNAVAILABLE', 'UNAVAILABLE'], busy],
    [[418, 'NEW_STATUS', 'NEW_CODE'], push],
  ]
  it.each(table)('of %j has its outcome', (error, expected) => {
    const { status, body } = fcmError(...error)
    expect(toOutcome({ status, headers: new Headers(), json: body }, 1000)).toMatchObject(expected)
  })

  it('may say how long to wait', () => {
    const headers = new Headers({ 'retry-after': '7' })
    expect(toOutcome({ status: 503, headers, json: undefined }, 0)).toMatchObject({ ...busy, afterMs: 7000 })
  })

  it.each([200, 204, 302, 700])('of %i that it does not document is unknown', (status) => {
    for (const json of [undefined, null, [], {}, { name: 7 }, { error: 'x' }]) {
      expect(toOutcome({ status, headers: new Headers(), json }, 0)).toMatchObject({
        type: 'retry',
        unknown: true,
      })
    }
  })
})

describe('the settings of FCM', () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-fcm-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const account = {
    type: 'service_account',
    project_id: PROJECT,
    private_key_id: ownKey.keyId,
    private_key: ownKey.pem,
    client_email: EMAIL,
    token_uri: 'https://oauth2.googleapis.com/token',
  }
  const write = (content: object | string): string => {
    const file = join(folder, `${Math.random()}.json`)
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
  const read = (env: Record<string, string>) => readFcmSettings(v.parse(v.object(fcmEnvironment), env))

  it('are none without variables, and a service account with them', () => {
    expect(read({})).toBeUndefined()
    const env = { HERALD_FCM_SERVICE_ACCOUNT_FILE: write(account), HERALD_FCM_PACKAGE: PACKAGE }
    expect(read(env)).toMatchObject({
      projectId: PROJECT,
      url: 'https://fcm.googleapis.com',
      tokenUrl: 'https://oauth2.googleapis.com/token',
    })
    expect(read({ ...env, HERALD_FCM_URL: 'http://localhost:1/' })).toMatchObject({
      url: 'http://localhost:1',
      tokenUrl: 'http://localhost:1/token',
    })
  })

  it.each([
    ['not JSON', 'hello'],
    ['of another kind', { ...account, type: 'authorized_user' }],
    ['without a key', { ...account, private_key: 'none' }],
    ['for another sign-in', { ...account, token_uri: 'https://evil.example/token' }],
  ])('refuse a file that is %s, by the name of the variable', (_what, content) => {
    const env = { HERALD_FCM_SERVICE_ACCOUNT_FILE: write(content), HERALD_FCM_PACKAGE: PACKAGE }
    expect(() => read(env)).toThrow(/^HERALD_FCM_SERVICE_ACCOUNT_FILE: must be the JSON file/)
  })

  it('are whole or none', () => {
    expect(() => read({ HERALD_FCM_PACKAGE: PACKAGE })).toThrow(
      /HERALD_FCM_SERVICE_ACCOUNT_FILE: must be set/,
    )
  })
})
