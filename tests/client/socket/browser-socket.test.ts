import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocketServer, WebSocket as NodeSocket, type WebSocket as ServerSocket } from 'ws'
import { connectBrowserSocket } from '@/services/socket/browser-socket'
import { isSocketTask } from '@/services/socket/connect-socket'

let server: WebSocketServer | undefined

afterEach(() => {
  for (const socket of server?.clients ?? []) socket.terminate()
  server?.close()
  vi.unstubAllGlobals()
})

async function connect() {
  // Node 20 has no WebSocket of its own; that of `ws` has the same events.
  vi.stubGlobal('WebSocket', NodeSocket)
  const made = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server = made
  await new Promise((listening) => made.once('listening', listening))
  const accepted = new Promise<ServerSocket>((done) => made.once('connection', done))
  const events: unknown[] = []
  const task = connectBrowserSocket({
    url: `ws://127.0.0.1:${(made.address() as AddressInfo).port}`,
    protocols: ['herald.v1'],
    fail: () => events.push('failed'),
    complete: () => undefined,
  })
  task.onOpen(() => events.push('open'))
  task.onMessage(({ data }) => events.push(data))
  task.onError?.(() => events.push('error'))
  task.onClose?.((event) => events.push([event?.code, event?.reason]))
  return { task, events, peer: await accepted }
}

describe('a socket of the browser', () => {
  test('is a task that opens with the subprotocol, hears and sends text, and says how it was closed', async () => {
    const { task, events, peer } = await connect()
    expect(isSocketTask(task)).toBe(true)
    await expect.poll(() => events).toEqual(['open'])
    expect(peer.protocol).toBe('herald.v1')
    const heard: string[] = []
    peer.on('message', (data: Buffer) => heard.push(data.toString()))
    task.send({ data: 'up', fail: () => heard.push('failed') })
    peer.send('down')
    await expect.poll(() => [heard, events]).toEqual([['up'], ['open', 'down']])
    peer.close(4520, 'replaced')
    await expect.poll(() => events.at(-1)).toEqual([4520, 'replaced'])
  })

  test('closes with a code, and tells what it can send no more', async () => {
    const { task, events, peer } = await connect()
    await expect.poll(() => events).toEqual(['open'])
    const closed = new Promise((done) => peer.on('close', (code) => done(code)))
    task.close({ code: 4000, reason: 'bye' })
    let failed = false
    task.send({ data: 'too late', fail: () => (failed = true) })
    expect(failed).toBe(true)
    expect(await closed).toBe(4000)
  })

  test('throws for an address that is none, as the wrapper expects', () => {
    vi.stubGlobal('WebSocket', NodeSocket)
    const options = { protocols: [], fail: () => undefined, complete: () => undefined }
    expect(() => connectBrowserSocket({ ...options, url: 'no address' })).toThrow()
  })
})
