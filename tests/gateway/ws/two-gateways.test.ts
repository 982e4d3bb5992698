import { closeCodes } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { LinkedBus } from '../contracts/memory/bus'
import { openAnyStore, testBus } from '../temporary-store'
import { startSocketServer } from './socket-server'

const deviceOf = (id: string) => ({ device: { id, platform: 'h5' as const } })

/** Two gateways on one store, which tell each other by a wire alone. What the store commits, the first one tells. */
async function startTwo() {
  const [one, two] = LinkedBus.link(testBus(), testBus())
  const opened = await openAnyStore({ bus: one })
  const first = await startSocketServer({ opened: { ...opened, bus: one }, gateway: 'one' })
  const second = await startSocketServer({ opened: { ...opened, bus: two }, gateway: 'two' })
  return { first, second, wire: one }
}

describe('two gateways on one store, with a bus between them', () => {
  it('tell each device of what is published, whichever it is at', async () => {
    const { first, second } = await startTwo()
    const here = await first.join(deviceOf('device-0001'))
    const there = await second.join(deviceOf('device-0002'))
    await first.publish('user:ann', 3)
    await here.socket.untilSeq('user:ann', 3)
    await there.socket.untilSeq('user:ann', 3)
  })

  it('tell the user’s devices at the other what was read at one, and not the one that read', async () => {
    const { first, second } = await startTwo()
    const reader = await first.join(deviceOf('device-0001'))
    const other = await second.join(deviceOf('device-0002'))
    await first.publish('user:ann', 2)
    await reader.socket.untilSeq('user:ann', 2)
    const epoch = await first.epoch('user:ann')
    reader.socket.send({ type: 'read', feed: 'user:ann', epoch, ranges: [[1, 1]] })
    expect(await other.socket.nextOf('read')).toMatchObject({ ranges: [[1, 1]], unread: 1 })
    await first.subscriptions.follow('ann', 'topic:ci', undefined)
    await reader.socket.nextOf('feed')
    expect(reader.socket.heard.filter(({ type }) => type === 'read')).toEqual([])
  })

  it('have one socket of a device between them: the newer one', async () => {
    const { first, second } = await startTwo()
    const older = await first.join(deviceOf('device-0001'))
    const newer = await second.join(deviceOf('device-0001'))
    expect(await older.socket.closed).toMatchObject({ code: closeCodes.replaced })
    await first.publish('user:ann')
    await newer.socket.untilSeq('user:ann', 1)
  })

  it('end the sockets of a token, of a device and of a user at both', async () => {
    const { first, second } = await startTwo()
    const byToken = await second.join({ ...deviceOf('device-0001'), token: first.token.token })
    await first.directory.revokeToken(first.token.info.id)
    expect(await byToken.socket.closed).toMatchObject({ code: closeCodes.token_revoked })
    const byDevice = await second.join(deviceOf('device-0002'))
    await first.devices.end('ann', 'device-0002')
    expect(await byDevice.socket.closed).toMatchObject({ code: closeCodes.token_revoked })
    const byUser = await second.join(deviceOf('device-0003'))
    await first.directory.disableUser('ann')
    expect(await byUser.socket.closed).toMatchObject({ code: closeCodes.user_disabled })
  })

  it('lose no message that the bus has lost: the feed’s next one brings it, in order', async () => {
    const { first, second, wire } = await startTwo()
    const { socket } = await second.join(deviceOf('device-0001'))
    wire.isCut = true
    await first.publish('user:ann', 3)
    wire.isCut = false
    await first.publish('user:ann')
    await socket.untilSeq('user:ann', 4)
    const seqs = socket.heard.flatMap((frame) =>
      frame.type === 'messages' ? frame.messages.map(({ seq }) => seq) : [],
    )
    expect(seqs).toEqual([1, 2, 3, 4])
  })
})
