import { SUBPROTOCOL } from '@herald/protocol'
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { AttackedGateway } from './attacked-gateway'

const CAPS = { HERALD_USER_TOPICS: '50', HERALD_USER_DEVICES: '20', HERALD_USER_SOCKETS: '10' }

/** Requests at a time. */
const LANES = 20

/** Asks for all of them, some at a time. Answers how often each status came. */
async function statuses(requests: readonly (() => Promise<number>)[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  const waiting = [...requests]
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let ask = waiting.pop(); ask; ask = waiting.pop()) {
        const status = await ask()
        counts[status] = (counts[status] ?? 0) + 1
      }
    }),
  )
  return counts
}

/** Joins as a device that nobody has seen before. Answers the close code, or 0 when it was welcomed. */
async function join(gateway: AttackedGateway, token: string, device: string): Promise<number> {
  const url = `${gateway.process.url.replace('http', 'ws')}/v1/socket`
  const connection = await gateway.connect()
  const socket = new WebSocket(url, [SUBPROTOCOL], { createConnection: () => connection })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => {
      const hello = { type: 'hello', token, device: { id: device, platform: 'h5' } }
      socket.send(JSON.stringify({ ...hello, state: 'foreground', cursors: {} }))
    })
    socket.on('message', () => {
      resolve(0)
    })
    socket.on('close', resolve)
  })
}

/** A request over a connection of its own, so that none is left over when the attack ends. */
function put(gateway: AttackedGateway, token: string, path: string, body: object): () => Promise<number> {
  return () =>
    new Promise((resolve, reject) => {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
      const asking = request(
        `${gateway.process.url}${path}`,
        { method: 'PUT', agent: false, headers },
        (answer) => {
          answer.resume()
          answer.once('end', () => {
            resolve(answer.statusCode ?? 0)
          })
        },
      )
      asking.once('error', reject)
      asking.end(JSON.stringify(body))
    })
}

const range = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

/** A user who follows, registers and connects without end. Answers what became of it, by status and close code. */
async function fill(gateway: AttackedGateway, token: string) {
  const sockets = range(60).map((n) => () => join(gateway, token, `socket-${n.padStart(4, '0')}`))
  const topics = range(1000).map((n) => put(gateway, token, `/v1/me/feeds/topic:t${n}`, {}))
  const devices = range(500).map((n) =>
    put(gateway, token, `/v1/me/devices/device-${n.padStart(4, '0')}`, { platform: 'h5' }),
  )
  return {
    sockets: await statuses(sockets),
    topics: await statuses(topics),
    devices: await statuses(devices),
  }
}

describe('a user with one read token', () => {
  it('fills neither disk nor sockets, and is told what is full', { timeout: 120_000 }, async () => {
    const gateway = await AttackedGateway.start({ HERALD_RATE_REQUESTS: '0', ...CAPS })
    const { process } = gateway
    await process.request('POST', '/v1/users', { body: { id: 'ann' } })
    const { token } = await process.readToken('ann')
    await gateway.withstands(async () => {
      expect(await fill(gateway, token)).toEqual({
        sockets: { 0: 10, 4009: 50 },
        topics: { 200: 50, 409: 950 },
        devices: { 200: 20, 409: 480 },
      })
    })
    const status = await process.request('GET', '/v1/status')
    expect(status.body).toMatchObject({ connections: 10, feeds: 50 + 3 })
    const refused = await process.request('PUT', '/v1/me/feeds/topic:more', { token, body: {} })
    expect(refused.body.error?.code).toBe('topic_limit')
    gateway.leave()
    await gateway.givesBack()
    await Promise.all(
      range(1000).map((n) => process.request('DELETE', `/v1/me/feeds/topic:t${n}`, { token })),
    )
    const after = await process.request('GET', '/v1/status')
    expect(after.body).toMatchObject({ feeds: 3 })
    await gateway.stopsDuring(async () => {
      await fill(gateway, token)
    })
  })
})
