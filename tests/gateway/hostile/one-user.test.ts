import { SUBPROTOCOL } from '@herald/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
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
async function join(url: string, token: string, device: string): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`, [SUBPROTOCOL])
  onTestFinished(() => {
    socket.terminate()
  })
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

describe('a user with one read token', () => {
  it('fills neither disk nor sockets, and is told what is full', { timeout: 120_000 }, async () => {
    const gateway = await AttackedGateway.start({ HERALD_RATE_REQUESTS: '0', ...CAPS })
    const { process } = gateway
    const admin = { token: process.adminToken }
    await process.request('POST', '/v1/users', { ...admin, body: { id: 'ann' } })
    const made = await process.request('POST', '/v1/users/ann/tokens', { ...admin, body: { read: true } })
    const token = String(made.body.token)
    const put = (path: string, body: object) => async () =>
      (await process.request('PUT', path, { token, body })).status
    const range = (count: number) => Array.from({ length: count }, (_, index) => String(index))
    await gateway.withstands(async () => {
      const topics = range(1000).map((n) => put(`/v1/me/feeds/topic:t${n}`, {}))
      expect(await statuses(topics)).toEqual({ 200: 50, 409: 950 })
      const devices = range(500).map((n) =>
        put(`/v1/me/devices/device-${n.padStart(4, '0')}`, { platform: 'h5' }),
      )
      expect(await statuses(devices)).toEqual({ 200: 20, 409: 480 })
      const sockets = range(60).map((n) => () => join(process.url, token, `socket-${n.padStart(4, '0')}`))
      expect(await statuses(sockets)).toEqual({ 0: 10, 4009: 50 })
    })
    const status = await process.request('GET', '/v1/status', admin)
    expect(status.body).toMatchObject({ connections: 10, feeds: 50 + 3 })
    const refused = await process.request('PUT', '/v1/me/feeds/topic:more', { token, body: {} })
    expect(refused.body.error?.code).toBe('topic_limit')
    await Promise.all(
      range(1000).map((n) => process.request('DELETE', `/v1/me/feeds/topic:t${n}`, { token })),
    )
    const after = await process.request('GET', '/v1/status', admin)
    expect(after.body).toMatchObject({ feeds: 3 })
  })
})
