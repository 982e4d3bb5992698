import { describe, expect, it } from 'vitest'
import { startRelay } from '../providers/frozen-relay'
import { BUNDLE, TOKEN } from '../providers/apns/apns-under-test'
import { helloOf, TestSocket } from '../ws/test-socket'
import { byApns, OTHER_TOKEN, Phone, startWithApns } from './phone'

const ME = 'user:ann'

describe('the socket', () => {
  it('D4-01: what the app acks over its socket is not pushed, and two tokens of one device ring once', async () => {
    const { fake, gateway, token } = await startWithApns()
    fake.setDevice({ token: OTHER_TOKEN, environment: 'production', topic: BUNDLE })
    await gateway.register(token, 'ann-phone', [byApns(), byApns(OTHER_TOKEN)])
    const phone = new Phone(gateway, token, 'ann-phone')
    const client = await phone.start()
    const { id } = await gateway.publish(ME)
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(1)
    await gateway.pass(120_000, 1000)
    expect(client.alerted).toEqual([id])
    expect(fake.pushes).toEqual([])

    client.stop()
    await expect.poll(() => gateway.presence.of('ann', 'ann-phone')?.state).not.toBe('foreground')
    await gateway.pass(60_000, 1000)
    const missed = await gateway.publish(ME)
    await gateway.pass(60_000, 1000)
    expect(fake.pushes.map(({ token: to, collapseId }) => [to, collapseId])).toEqual([[TOKEN, missed.id]])
  })

  it('D4-02: a write into a half-open socket proves nothing: the phone rings after the deadline', async () => {
    const { fake, gateway, token } = await startWithApns()
    const relay = await startRelay(gateway.port)
    const phone = new Phone(gateway, token, 'ann-phone', `http://127.0.0.1:${String(relay.port)}`)
    const client = await phone.start()
    relay.freeze()
    const { id } = await gateway.publish(ME)
    await gateway.pass(7500)
    expect(fake.pushes).toEqual([])
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({
      state: 'waiting',
      reason: 'awaiting_ack',
    })
    await gateway.pass(1000)
    expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toEqual([id])
    expect(gateway.closed).toEqual([])

    client.stop()
    await phone.start()
    await expect.poll(() => client.rows(ME).length + phone.client.rows(ME).length).toBe(1)
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(1)
    // The push has shown it: the list has it, and nothing alerts again.
    expect([...client.alerted, ...phone.client.alerted]).toEqual([])
    await relay.close()
  })

  it('D4-03: a frozen iPhone whose network stack still answers is pushed to after its deadline, later at once', async () => {
    const { fake, gateway, token } = await startWithApns()
    const socket = await new TestSocket(gateway.url.replace('http', 'ws') + '/v1/socket').opened()
    const device = { id: 'ann-phone', platform: 'ios' as const }
    socket.send(helloOf(token, { device, state: 'background' }))
    await socket.nextOf('welcome')
    const { id } = await gateway.publish(ME)
    await socket.untilSeq(ME, 1)
    await gateway.pass(3500)
    expect(fake.pushes).toEqual([])
    await gateway.pass(1000)
    expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toEqual([id])
    // Ping frames are answered below JavaScript: the lease runs out all the same, and then nothing is waited for.
    socket.socket.ping()
    await gateway.pass(40_000, 1000)
    expect(socket.socket.readyState).toBe(socket.socket.OPEN)
    await gateway.publish(ME)
    await gateway.pass(0)
    expect(fake.pushes).toHaveLength(2)
  })

  it('D4-04: a killed app gets three seconds to come back, and then its push', async () => {
    const { fake, gateway, token } = await startWithApns()
    const socket = await new TestSocket(gateway.url.replace('http', 'ws') + '/v1/socket').opened()
    socket.send(helloOf(token, { device: { id: 'ann-phone', platform: 'android' }, state: 'background' }))
    await socket.nextOf('welcome')
    socket.socket.terminate()
    await expect.poll(() => gateway.presence.of('ann', 'ann-phone')?.state).toBe('returning')
    const { id } = await gateway.publish(ME)
    await gateway.pass(2500)
    expect(fake.pushes).toEqual([])
    await gateway.pass(5000)
    expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toEqual([id])
  })
})

describe('an ack', () => {
  it('D4-05: that is lost after the display costs a push of the same id, and no second alert', async () => {
    const { fake, gateway, token } = await startWithApns()
    const phone = new Phone(gateway, token, 'ann-phone')
    phone.lost.add('ack')
    const client = await phone.start()
    const { id } = await gateway.publish(ME)
    await expect.poll(() => client.alerted).toEqual([id])
    await gateway.pass(9000)
    const [pushed] = fake.tray(TOKEN)
    expect(pushed?.collapseId).toBe(id)
    // What the app reads of the push names the message that it has shown: see the client's D4-05.
    expect(JSON.parse(String(pushed?.payload.payload))).toMatchObject({ type: 'message', id })

    phone.lost.clear()
    phone.cut()
    await expect.poll(() => client.welcomes).toBe(2)
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(1)
    await gateway.acks.flush()
    await gateway.pass(120_000, 1000)
    expect(client.alerted).toEqual([id])
    expect(fake.pushes).toHaveLength(1)
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({ state: 'acked', reason: 'acked_late' })
  })

  it('D4-05: that is lost with its socket is given again on the next one, and there is no push', async () => {
    const { fake, gateway, token } = await startWithApns()
    const phone = new Phone(gateway, token, 'ann-phone')
    phone.lost.add('ack')
    const client = await phone.start()
    const { id } = await gateway.publish(ME)
    await expect.poll(() => client.alerted).toEqual([id])
    phone.lost.clear()
    phone.cut()
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(1)
    await gateway.pass(120_000, 1000)
    expect(client.alerted).toEqual([id])
    expect(fake.pushes).toEqual([])
  })

  it('D4-06: a late ack after the push is told as such, alerts nothing again, and the read clears the push', async () => {
    const { fake, gateway, token } = await startWithApns()
    const phone = new Phone(gateway, token, 'ann-phone')
    const client = await phone.start()
    phone.frozen = true
    const { id } = await gateway.publish(ME)
    await gateway.pass(9000)
    expect(fake.badge(TOKEN)).toBe(1)
    phone.thaw()
    await expect
      .poll(async () => (await gateway.acks.ackOf('ann', 'ann-phone', ME, await epochOf(gateway)))?.seq)
      .toBe(1)
    await gateway.acks.flush()
    expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({ state: 'acked', reason: 'acked_late' })
    expect(client.rows(ME)).toHaveLength(1)

    await client.read(ME, [[1, 1]])
    await expect.poll(async () => (await gateway.subscriptions.feedsOf('ann'))[0]?.unread).toBe(0)
    await gateway.pass(1000)
    expect(fake.badge(TOKEN)).toBe(0)
    expect(JSON.parse(String(fake.pushes.at(-1)?.payload.payload))).toMatchObject({
      type: 'clear',
      ids: [id],
    })
    expect((await gateway.fate(id, 'ann-phone', token)).reasons).toEqual(
      expect.arrayContaining(['accepted', 'acked_late', 'cleared']),
    )
  })

  it('D4-06: a read elsewhere replaces a push that an offline phone never got', async () => {
    const { fake, gateway, token } = await startWithApns()
    const device = { token: TOKEN, environment: 'production', topic: BUNDLE } as const
    fake.setDevice({ ...device, offline: true })
    await gateway.publish(ME)
    await gateway.pass(1000)
    expect(fake.pushes).toHaveLength(1)
    await gateway.subscriptions.markRead('ann', ME, await epochOf(gateway), [[1, 1]])
    await gateway.pass(1000)
    fake.setDevice(device)
    expect(fake.tray(TOKEN)).toEqual([])
    expect(fake.badge(TOKEN)).toBe(0)
    expect(token).not.toBe('')
  })

  it.each(['looked at', 'left alone'])(
    'D4-19: of one device holds the other’s push 30 s, and a message that is %s decides',
    async (what) => {
      const { fake, gateway, token } = await startWithApns()
      const laptop = await new Phone(gateway, token, 'ann-laptop').start()
      const { id } = await gateway.publish(ME)
      await expect
        .poll(async () => (await gateway.acks.ackOf('ann', 'ann-laptop', ME, await epochOf(gateway)))?.seq)
        .toBe(1)
      await gateway.pass(29_000, 1000)
      expect(fake.pushes).toEqual([])
      expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject({
        state: 'waiting',
        reason: 'other_device_active',
      })
      if (what === 'looked at') {
        await laptop.read(ME, [[1, 1]])
        await expect.poll(async () => (await gateway.subscriptions.feedsOf('ann'))[0]?.unread).toBe(0)
      }
      await gateway.pass(60_000, 1000)
      expect(fake.tray(TOKEN).map(({ collapseId }) => collapseId)).toEqual(what === 'looked at' ? [] : [id])
      expect(await gateway.fate(id, 'ann-phone', token)).toMatchObject(
        what === 'looked at'
          ? { state: 'cancelled', reason: 'read' }
          : { state: 'pushed', reason: 'accepted' },
      )
    },
  )
})

async function epochOf(gateway: Awaited<ReturnType<typeof startWithApns>>['gateway']): Promise<string> {
  return (await gateway.log.head(ME))?.epoch ?? ''
}
