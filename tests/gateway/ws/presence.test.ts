import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startSocketServer } from './socket-server'
import { helloOf, TestSocket } from './test-socket'

const DEVICE = { id: 'ann-phone', platform: 'ios' as const }

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a device', () => {
  it('is there in the state that its app says, until its socket closes', async () => {
    const server = await startSocketServer()
    const { socket } = await server.join({ device: DEVICE, state: 'foreground' })
    expect(server.presence.of('ann', 'ann-phone')).toMatchObject({ state: 'foreground' })
    socket.send({ type: 'state', state: 'background' })
    await expect.poll(() => server.presence.of('ann', 'ann-phone')?.state).toBe('background')
    socket.socket.close()
    await expect.poll(() => server.presence.of('ann', 'ann-phone')?.state).toBe('returning')
  })

  it('renews its lease by what its JavaScript sends, and not by the pongs of its network stack', async () => {
    const server = await startSocketServer()
    const { socket } = await server.join({ device: DEVICE })
    const heard = vi.spyOn(server.presence, 'heard')
    // What the system does for a frozen app: control frames, below JavaScript.
    const pong = once(socket.socket, 'pong')
    socket.socket.ping()
    await pong
    expect(heard).not.toHaveBeenCalled()
    socket.send({ type: 'ping' })
    await socket.nextOf('pong')
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('that comes back before its old socket was missed stays there', async () => {
    const server = await startSocketServer()
    const { socket: older } = await server.join({ device: DEVICE, state: 'foreground' })
    await server.join({ device: DEVICE, state: 'foreground' })
    await older.closed
    expect(server.presence.of('ann', 'ann-phone')).toMatchObject({ state: 'foreground' })
  })

  it('hears after the welcome and before any message what was pushed to it', async () => {
    const server = await startSocketServer()
    await server.publish('user:ann', 3)
    const epoch = await server.epoch('user:ann')
    const row = { user: 'ann', device: 'ann-phone', feed: 'user:ann', epoch, state: 'waiting' as const }
    const pushes = [1, 2].map((first) => ({
      ...row,
      first,
      last: first,
      reason: 'accepted' as const,
      due: 1,
      now: 1,
    }))
    const sweep = { id: 0, after: { user: '', device: '' }, until: 0 }
    await server.pushes.advanceSweep({ ...sweep, pushes })
    await server.pushes.settle([
      {
        ...{ keys: pushes, state: 'pushed', reason: 'accepted', due: null, provider: 'apns', accepted: 5 },
        step: { time: 5, reason: 'accepted' },
      },
    ])
    const socket = await new TestSocket(server.url).opened()
    socket.send(helloOf(server.token.token, { device: DEVICE }))
    expect((await socket.next()).type).toBe('welcome')
    expect(await socket.next()).toEqual({ type: 'pushed', feed: 'user:ann', epoch, ranges: [[1, 2]] })
    expect((await socket.next()).type).toBe('messages')

    socket.send({ type: 'ack', feed: 'user:ann', epoch, seq: 3 })
    await expect
      .poll(async () => (await server.acks.ackOf('ann', 'ann-phone', 'user:ann', epoch))?.seq)
      .toBe(3)
    await server.acks.flush()
    const { socket: again } = await server.join({ device: DEVICE })
    again.send({ type: 'ping' })
    expect((await again.next()).type).not.toBe('pushed')
  })
})
