import Database from 'libsql'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { startApnsFake } from '@herald/push-fakes/apns-fake'
import { makeKey } from '../providers/apns/apns-under-test'
import { temporaryFolder } from '../temporary-store'
import { until } from './until'

const DEVICES = Number(process.env.HERALD_BROADCAST ?? 100_000)
const FEW = 2000
const BUNDLE = 'com.example.herald'

/** Pushes that are under way at the same time; a kill may repeat these, and no more. */
const MAX_IN_FLIGHT = 256

/** What memory may grow by when fifty times as many devices are rung, in bytes: buffers and garbage, not devices. */
const MEMORY_ALLOWANCE = 64 * 1024 * 1024

/** Node 22 and 24 let garbage lie for longer where memory is free; what is measured is what cannot be let go. */
const HEAP = '--max-semi-space-size=16 --max-old-space-size=128'

const tokenOf = (index: number): string => index.toString(16).padStart(64, '0')

/** Puts users with one phone each into a store that no gateway has open; the first few follow a topic as well. */
function seed(folder: string, count: number): void {
  const db = new Database(join(folder, 'herald.db'))
  const now = Date.now()
  const user = db.prepare('INSERT INTO users (id, name, created) VALUES (?, ?, ?)')
  const follow = db.prepare('INSERT INTO follows (user, feed) VALUES (?, ?)')
  const device = db.prepare(
    `INSERT INTO devices (user, id, session, platform, notifications, preview, sound, updated)
     VALUES (?, ?, 't', 'ios', 1, 1, 1, ?)`,
  )
  const registration = db.prepare(
    `INSERT INTO registrations (provider, app, environment, kind, token, user, device, position, registered)
     VALUES ('apns', ?, 'production', 'alert', ?, ?, ?, 0, ?)`,
  )
  db.exec('BEGIN')
  for (let index = 0; index < count; index++) {
    const name = `u${String(index).padStart(7, '0')}`
    user.run([name, name, now])
    follow.run([name, 'all'])
    if (index < FEW) follow.run([name, 'topic:few'])
    device.run([name, `phone-${name}`, now])
    registration.run([BUNDLE, tokenOf(index), name, `phone-${name}`, now])
  }
  db.exec('COMMIT')
  db.close()
}

/** Memory of the gateway's process now, in bytes, as its metrics tell it. */
async function residentBytes(gateway: GatewayProcess): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
}

/** Waits, and watches memory meanwhile; answers the most that was seen. */
async function peakUntil(gateway: GatewayProcess, isDone: () => boolean): Promise<number> {
  let peak = 0
  await until(
    async () => {
      peak = Math.max(peak, await residentBytes(gateway))
      return isDone()
    },
    Boolean,
    'every phone is rung',
    240_000,
  )
  return peak
}

it(
  `reaches ${String(DEVICES)} devices over a kill, none twice beyond what was under way, in memory that does not grow with them`,
  { timeout: 600_000 },
  async () => {
    const key = makeKey()
    const few: { id?: string } = {}
    const rung = new Map<string, Set<string | undefined>>()
    const fake = await startApnsFake({
      onShown({ token, id, collapseId }) {
        if (collapseId === few.id) return
        const ids = rung.get(token) ?? new Set()
        rung.set(token, ids.add(id))
      },
      keys: [key.atApple],
      devices: Array.from({ length: DEVICES }, (_, index) => ({
        ...{ token: tokenOf(index), environment: 'production' as const, topic: BUNDLE },
      })),
    })
    onTestFinished(() => fake.close())
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'key.p8'), key.pem)
    writeFileSync(join(folder, 'ca.pem'), fake.ca)
    const gateway = await startGateway({
      NODE_OPTIONS: HEAP,
      HERALD_APNS_KEY_FILE: join(folder, 'key.p8'),
      HERALD_APNS_KEY_ID: key.atApple.keyId,
      HERALD_APNS_TEAM_ID: key.atApple.teamId,
      HERALD_APNS_BUNDLE_ID: BUNDLE,
      HERALD_APNS_URL: fake.url,
      HERALD_APNS_CA_FILE: join(folder, 'ca.pem'),
    })
    onTestFinished(() => gateway.dispose())
    await gateway.stop()
    seed(gateway.dataFolder, DEVICES)
    await gateway.start()

    Object.assign(few, (await gateway.publish('topic:few', { body: 'To a few' })).body)
    const peakOfFew = await peakUntil(gateway, () => fake.pushes.length >= FEW)

    const began = performance.now()
    const { body } = await gateway.publish('all', { body: 'To everybody' })
    await until(() => fake.pushes.length > FEW + DEVICES / 3, Boolean, 'a third is rung', 240_000)
    await gateway.kill()
    await gateway.start()
    const peakOfAll = await peakUntil(gateway, () => rung.size === DEVICES)
    const seconds = (performance.now() - began) / 1000

    const repeats = fake.pushes.length - FEW - DEVICES
    expect(repeats).toBeLessThanOrEqual(MAX_IN_FLIGHT)
    // A repeat is the same push: same id, same collapse id.
    expect([...rung.values()].filter((ids) => ids.size > 1)).toEqual([])
    expect(new Set(fake.pushes.slice(FEW).map(({ collapseId }) => collapseId))).toEqual(new Set([body.id]))
    expect(fake.refused).toEqual([])
    expect(peakOfAll).toBeLessThan(peakOfFew + MEMORY_ALLOWANCE)
    const megabytes = (bytes: number): string => `${String(Math.round(bytes / 1024 / 1024))} MB`
    process.stdout.write(
      `broadcast: ${String(DEVICES)} devices in ${seconds.toFixed(1)} s over one kill, ${String(repeats)} repeated; ` +
        `memory ${megabytes(peakOfFew)} for ${String(FEW)} devices, ${megabytes(peakOfAll)} for all\n`,
    )
  },
)
