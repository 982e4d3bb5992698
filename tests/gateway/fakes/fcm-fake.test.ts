import { importPKCS8, SignJWT, type JWTPayload } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFcmFake, type FcmFake } from '@herald/push-fakes/fcm-fake'
import { EMAIL, otherKey, ownKey, PACKAGE, PROJECT, TOKEN } from '../providers/fcm/fcm-under-test'

const AUDIENCE = 'https://oauth2.googleapis.com/token'
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'

let fake: FcmFake
beforeEach(async () => {
  fake = await startFcmFake({
    projectId: PROJECT,
    accounts: [{ clientEmail: EMAIL, keyId: ownKey.keyId, publicKey: ownKey.publicKey }],
    devices: [
      { token: TOKEN, packageName: PACKAGE },
      { token: 'gone', packageName: PACKAGE, gone: true },
      { token: 'foreign', packageName: PACKAGE, otherSender: true },
    ],
  })
})
afterEach(() => fake.close())

/** Signed by jose, so that the fake and the provider cannot agree on an error. */
async function signIn(changes: JWTPayload = {}, { alg = 'RS256', key = ownKey } = {}) {
  const iat = Math.floor(Date.now() / 1000)
  const assertion = await new SignJWT({
    iss: EMAIL,
    scope: SCOPE,
    aud: AUDIENCE,
    iat,
    exp: iat + 3600,
    ...changes,
  })
    .setProtectedHeader({ alg, kid: ownKey.keyId })
    .sign(await importPKCS8(key.pem, alg))
  const response = await fetch(`${fake.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
  })
  return {
    status: response.status,
    body: (await response.json()) as { access_token?: string; error?: string },
  }
}

async function send(message: object, { project = PROJECT, token = '', more = {} } = {}) {
  const response = await fetch(`${fake.url}/v1/projects/${project}/messages:send`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ message, ...more }),
  })
  const body = (await response.json()) as { name?: string; error?: { status: string; message: string } }
  return { status: response.status, ...body }
}

describe('the fake of FCM', () => {
  it('keeps for an offline device the newest notification, whatever its tag, and all data', async () => {
    const token = (await signIn()).body.access_token ?? ''
    fake.setOnline(TOKEN, false)
    for (const tag of ['a', 'b', 'c']) {
      const android = { collapse_key: tag, notification: { tag } }
      await send({ token: TOKEN, notification: { title: tag }, android }, { token })
    }
    await send({ token: TOKEN, data: { payload: '1' } }, { token })
    await send({ token: TOKEN, data: { payload: '2' } }, { token })
    expect(fake.tray(TOKEN)).toEqual([])
    fake.setOnline(TOKEN, true)
    expect(fake.tray(TOKEN).map(({ message }) => message.notification?.title)).toEqual(['c'])
  })

  it('signs in what another library signed, and takes a push', async () => {
    const { body } = await signIn()
    const token = body.access_token ?? ''
    expect(await send({ token: TOKEN, notification: { title: 'a' } }, { token })).toMatchObject({
      status: 200,
    })
    expect(fake.tray(TOKEN)).toHaveLength(1)
    expect(await send({ token: TOKEN, data: {} }, { token, more: { validate_only: true } })).toMatchObject({
      status: 200,
    })
    expect(fake.pushes).toHaveLength(1)
  })

  it.each([
    ['another audience', { aud: 'https://evil.example' }, {}],
    ['another scope', { scope: 'email' }, {}],
    ['another issuer', { iss: 'x@example.com' }, {}],
    ['a life of a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }, {}],
    ['yesterday', { iat: 1_700_000_000, exp: 1_700_003_600 }, {}],
    ['another key', {}, { key: otherKey }],
    ['another algorithm', {}, { alg: 'PS256' }],
  ])('does not sign in %s', async (_what, changes, how) => {
    expect(await signIn(changes, how)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  const notification = { title: 'a', body: 'b' }
  it.each([
    ['an unknown token', { token: 'unknown' }, 400, 'INVALID_ARGUMENT'],
    ['a dead token', { token: 'gone' }, 404, 'UNREGISTERED'],
    ['a token of another project', { token: 'foreign' }, 403, 'SENDER_ID_MISMATCH'],
    ['a misspelt field', { token: TOKEN, notifcation: notification }, 400, 'INVALID_ARGUMENT'],
    ['data that is no text', { token: TOKEN, data: { n: 1 } }, 400, 'INVALID_ARGUMENT'],
    ['a reserved key', { token: TOKEN, data: { from: 'x' } }, 400, 'INVALID_ARGUMENT'],
    ['4 KB and more', { token: TOKEN, data: { x: '文'.repeat(1366) } }, 400, 'INVALID_ARGUMENT'],
    ['a ttl in ms', { token: TOKEN, android: { ttl: '3600000ms' } }, 400, 'INVALID_ARGUMENT'],
    ['a ttl of five weeks', { token: TOKEN, android: { ttl: '3024000s' } }, 400, 'INVALID_ARGUMENT'],
    ['a priority of 10', { token: TOKEN, android: { priority: '10' } }, 400, 'INVALID_ARGUMENT'],
    [
      'another package',
      { token: TOKEN, android: { restricted_package_name: 'x.y' } },
      400,
      'INVALID_ARGUMENT',
    ],
  ])('refuses %s', async (_what, message, status, code) => {
    const { body } = await signIn()
    expect((await send(message, { token: body.access_token ?? '' })).status).toBe(status)
    expect(fake.refused).toEqual([{ status, code }])
    expect(fake.pushes).toEqual([])
  })

  it('refuses who is not signed in, another project, and what is over the limit', async () => {
    expect((await send({ token: TOKEN })).status).toBe(401)
    const token = (await signIn()).body.access_token ?? ''
    expect((await send({ token: TOKEN }, { token, project: 'other' })).status).toBe(403)
    fake.limit(1, 30)
    expect((await send({ token: TOKEN }, { token })).status).toBe(200)
    expect((await send({ token: TOKEN }, { token })).status).toBe(429)
    fake.revoke()
    expect((await send({ token: TOKEN }, { token })).status).toBe(401)
  })
})
