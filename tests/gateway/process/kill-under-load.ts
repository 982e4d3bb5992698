import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'
import { MemoryStorage } from '../../../services/storage/memory'
import { CoreClient } from './core-client'
import { until } from './until'

const SENDERS = 8
const FEED = 'user:me'

// The test publishes faster than a person may.
const UNLIMITED = { HERALD_RATE_PUBLISH: '0', HERALD_RATE_REQUESTS: '0', HERALD_RATE_ADDRESS: '0' }

/** Publishes one message after the other, each until it is acknowledged, and notes what was acknowledged. */
async function sendUntil(
  gateway: GatewayProcess,
  acknowledged: Map<number, string>,
  done: () => boolean,
): Promise<void> {
  const token = gateway.publishToken
  while (!done()) {
    const key = randomUUID()
    for (;;) {
      const answer = await gateway
        .request('POST', `/v1/feeds/${FEED}/messages`, {
          token,
          body: { body: key },
          headers: { 'Idempotency-Key': key },
        })
        .catch(() => undefined)
      if (answer?.status === 201 || answer?.status === 200) {
        const { id, seq } = answer.body
        // One seq for one message, in every life of the gateway.
        expect(acknowledged.get(seq ?? 0) ?? id).toBe(id)
        acknowledged.set(seq ?? 0, id ?? '')
        break
      }
      await after(5)
    }
  }
}

async function readerToken(gateway: GatewayProcess): Promise<string> {
  const { body } = await gateway.request('POST', '/v1/users/me/tokens', { body: { read: true } })
  return String(body.token)
}

/** Pages through the whole feed over HTTP. */
async function readLog(gateway: GatewayProcess, token: string): Promise<{ seq: number; id: string }[]> {
  const found: { seq: number; id: string }[] = []
  for (;;) {
    const after = found.at(-1)?.seq ?? 0
    const { body } = await gateway.request(
      'GET',
      `/v1/feeds/${FEED}/messages?limit=100&after=${String(after)}`,
      { token },
    )
    const page = body.messages as { seq: number; id: string }[]
    if (page.length === 0) return found
    found.push(...page)
  }
}

/**
 * Kills a gateway again and again while senders publish and a client reads: no acknowledged message may be lost, and none
 * be shown twice.
 * @param env its settings beside the usual ones
 */
export async function killUnderLoad(kills: number, env: Record<string, string> = {}): Promise<void> {
  const gateway = await startGateway({ ...UNLIMITED, ...env })
  onTestFinished(() => gateway.dispose())
  const token = await readerToken(gateway)
  const storage = new MemoryStorage()
  const client = await CoreClient.start(gateway.url, token, 'device-kill', storage)
  onTestFinished(() => {
    client.stop()
  })

  const acknowledged = new Map<number, string>()
  let over = false
  const senders = Array.from({ length: SENDERS }, () => sendUntil(gateway, acknowledged, () => over))
  for (let kill = 0; kill < kills; kill++) {
    const before = acknowledged.size
    await until(
      () => acknowledged.size,
      (size) => size > before + 30,
      'publishes go through',
    )
    await gateway.kill()
    await gateway.start()
  }
  over = true
  await Promise.all(senders)

  const log = await readLog(gateway, token)
  expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: log.length }, (_, index) => index + 1))
  const logged = new Map(log.map(({ seq, id }) => [seq, id]))
  const lost = [...acknowledged].filter(([seq, id]) => logged.get(seq) !== id)
  expect(lost).toEqual([])

  await until(
    () => client.inbox.feeds[FEED]?.cursor,
    (cursor) => cursor === log.length,
    'the client catches up',
  )
  const { low = 0 } = client.inbox.feeds[FEED] ?? {}
  expect(client.rows(FEED).map(({ id }) => id)).toEqual(log.slice(low - 1).map(({ id }) => id))
  expect(new Set(client.alerted).size).toBe(client.alerted.length)
  expect(client.welcomes).toBeGreaterThan(kills)
  process.stdout.write(
    `${String(kills)} kills, ${String(acknowledged.size)} acknowledged, ${String(log.length)} in the log, 0 lost, ` +
      `${String(client.rows(FEED).length)} in the client's window, ${String(client.welcomes)} connections\n`,
  )
}
