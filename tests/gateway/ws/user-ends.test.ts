import { closeCodes } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { startSocketServer } from './socket-server'
import { helloOf, TestSocket } from './test-socket'

const deviceOf = (id: string) => ({ device: { id, platform: 'h5' as const } })

describe('the sockets of a user', () => {
  it('are no more than one may have: one more is refused and the others go on, until there is room', async () => {
    const server = await startSocketServer({ maxUserSockets: 2 })
    const first = await server.join(deviceOf('device-0001'))
    await server.join(deviceOf('device-0002'))
    const third = await new TestSocket(server.url).opened()
    third.send(helloOf(server.token.token, deviceOf('device-0003')))
    expect(await third.closed).toEqual({ code: closeCodes.too_many_sockets, reason: 'too_many_sockets' })
    // Its own older socket is no reason.
    const again = await server.join(deviceOf('device-0001'))
    expect(await first.socket.closed).toMatchObject({ code: closeCodes.replaced })
    await server.publish('user:ann')
    await again.socket.untilSeq('user:ann', 1)
    again.socket.socket.close()
    await again.socket.closed
    await expect.poll(() => server.endpoint.connectionCount).toBe(1)
    await server.join(deviceOf('device-0003'))
  })

  it('end when the user is disabled or removed, and those of others go on', async () => {
    const server = await startSocketServer()
    await server.directory.createUser('bob')
    const bob = await server.directory.createToken('bob', {
      label: '',
      publish: [],
      read: true,
      admin: false,
    })
    const other = await server.join({ token: bob.token })
    for (const end of ['disableUser', 'removeUser'] as const) {
      const { socket } = await server.join(deviceOf(`device-${end}`))
      await server.directory[end]('ann')
      expect(await socket.closed).toEqual({ code: closeCodes.user_disabled, reason: 'user_disabled' })
      if (end === 'disableUser') {
        const refused = await new TestSocket(server.url).opened()
        refused.send(helloOf(server.token.token))
        expect(await refused.closed).toMatchObject({ code: closeCodes.user_disabled })
        await server.directory.enableUser('ann')
      }
    }
    await server.publish('all')
    await other.socket.untilSeq('all', 1)
  })

  it('go on when a device has signed in again before the word of its sign-out comes', async () => {
    const server = await startSocketServer()
    const { socket } = await server.join(deviceOf('device-0001'))
    const [live] = server.endpoint.live
    server.bus.tell('device_ended', { user: 'ann', device: 'device-0001', at: (live?.since ?? 0) - 1000 })
    await server.publish('user:ann')
    await socket.untilSeq('user:ann', 1)
  })

  it('end for a device that was signed out, and for no other one of the user', async () => {
    const server = await startSocketServer()
    const gone = await server.join(deviceOf('device-0001'))
    const stays = await server.join(deviceOf('device-0002'))
    await server.devices.end('ann', 'device-0001')
    expect(await gone.socket.closed).toMatchObject({ code: closeCodes.token_revoked })
    await server.publish('user:ann')
    await stays.socket.untilSeq('user:ann', 1)
  })
})
