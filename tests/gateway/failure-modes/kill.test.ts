import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startGateway } from '../../../e2e/gateway-process'
import { startApnsFake } from '@herald/push-fakes/apns-fake'
import { MemoryStorage } from '../../../services/storage/memory'
import { CoreClient } from '../process/core-client'
import { until } from '../process/until'
import { BUNDLE, makeKey, TEAM, TOKEN } from '../providers/apns/apns-under-test'

it('D4-10: a gateway that is killed between send and record repeats the push, and the phone shows it once', async () => {
  const key = makeKey()
  const killer = { run: (): void => undefined }
  const fake = await startApnsFake({
    keys: [key.atApple],
    devices: [{ token: TOKEN, environment: 'production', topic: BUNDLE }],
    // The phone shows the push, and its gateway dies before the answer is on its way.
    onShown: () => {
      killer.run()
    },
  })
  onTestFinished(() => fake.close())
  const folder = mkdtempSync(join(tmpdir(), 'herald-apns-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  writeFileSync(join(folder, 'key.p8'), key.pem)
  writeFileSync(join(folder, 'ca.pem'), fake.ca)
  const gateway = await startGateway({
    HERALD_APNS_KEY_FILE: join(folder, 'key.p8'),
    HERALD_APNS_KEY_ID: key.atApple.keyId,
    HERALD_APNS_TEAM_ID: TEAM,
    HERALD_APNS_BUNDLE_ID: BUNDLE,
    HERALD_APNS_URL: fake.url,
    HERALD_APNS_CA_FILE: join(folder, 'ca.pem'),
  })
  onTestFinished(() => gateway.dispose())
  const { token } = await gateway.readToken('me')
  const registered = await gateway.request('PUT', '/v1/me/devices/device-kill', {
    token,
    body: { platform: 'ios', push: [{ provider: 'apns', app: BUNDLE, token: TOKEN }] },
  })
  expect(registered.status).toBe(200)

  let killed: Promise<void> | undefined
  killer.run = () => {
    killed ??= gateway.kill()
  }
  const { body } = await gateway.publish('user:me', { body: 'once' })
  await until(
    () => killed !== undefined,
    (was) => was,
    'the gateway is killed while it waits for the answer',
  )
  await killed
  expect(fake.pushes).toHaveLength(1)

  await gateway.start()
  await until(
    () => fake.pushes.length,
    (count) => count === 2,
    'the next life repeats the push',
  )
  const [first, second] = fake.pushes
  expect(second).toMatchObject({ id: first?.id, collapseId: body.id, payload: first?.payload })
  expect(fake.tray(TOKEN)).toHaveLength(1)
  const told = await until(
    () => gateway.request('GET', `/v1/messages/${String(body.id)}/deliveries`, { token }),
    ({ body: { devices } }) => JSON.stringify(devices).includes('"accepted"'),
    'the outcome is on record',
  )
  expect(told.body.devices).toMatchObject([{ device: 'device-kill', state: 'pushed' }])

  const client = await CoreClient.start(gateway.url, token, 'device-kill', new MemoryStorage())
  onTestFinished(() => {
    client.stop()
  })
  await until(
    () => client.rows('user:me').map(({ id }) => id),
    (ids) => ids.includes(String(body.id)),
    'the app has the message',
  )
  expect(client.alerted).toEqual([])
})
