import { closeCodes, closeName, type ReadRanges } from '@herald/protocol'
import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { startSocketServer } from './socket-server'
import { helloOf, TestSocket } from './test-socket'

describe('joining', () => {
  it('leaves a device’s place to the newest socket when an older one leaves', { timeout: 8000 }, async () => {
    const { join, bus } = await startSocketServer()
    const device = { id: 'device-0001', platform: 'h5' } as const
    const [oldest, middle] = [await join({ device }), await join({ device })]
    expect((await oldest.socket.closed).code).toBe(closeCodes.replaced)
    const newest = await join({ device })
    expect((await middle.socket.closed).code).toBe(closeCodes.replaced)
    const spans = [{ feed: 'user:ann', epoch: 'e', first: 1, last: 1 }]
    bus.tell('pushed', { user: 'ann', device: device.id, spans })
    expect(await newest.socket.nextOf('pushed')).toMatchObject({ feed: 'user:ann', ranges: [[1, 1]] })
  })

  it('welcomes with the user, the heartbeat and every feed with its unread count', async () => {
    const { join, publish } = await startSocketServer()
    await publish('user:ann', 3)
    const { welcome } = await join()
    expect(welcome).toMatchObject({
      user: { id: 'ann', name: 'ann' },
      heartbeatMs: 25_000,
      feeds: [
        { feed: 'user:ann', from: 1, head: 3, unread: 3, read: [], muted: false },
        { feed: 'all', head: 0, unread: 0 },
      ],
    })
  })

  it('sends what lies after the cursor, then what is published', async () => {
    const { join, publish, epoch } = await startSocketServer()
    await publish('user:ann', 5)
    const { socket } = await join({ cursors: { 'user:ann': { epoch: await epoch('user:ann'), seq: 3 } } })
    await socket.untilSeq('user:ann', 5)
    await publish('user:ann', 2)
    await socket.untilSeq('user:ann', 7)
    expect(socket.seqs('user:ann')).toEqual([4, 5, 6, 7])
  })

  it('sends the newest page only, and names the gap', async () => {
    const { join, publish, epoch } = await startSocketServer()
    await publish('user:ann', 250)
    const { socket, welcome } = await join({
      cursors: { 'user:ann': { epoch: await epoch('user:ann'), seq: 20 } },
    })
    expect(welcome.feeds[0]).toMatchObject({ unread: 250 })
    expect(await socket.nextOf('gap')).toMatchObject({ from: 21, to: 150, reason: 'skipped' })
    await socket.untilSeq('user:ann', 250)
    expect(socket.seqs('user:ann')).toEqual(Array.from({ length: 100 }, (_, i) => 151 + i))
  })

  it('says that a cursor ahead of the log, or of another epoch, means nothing', async () => {
    const { join, publish, epoch } = await startSocketServer()
    await publish('user:ann', 2)
    const ahead = await join({ cursors: { 'user:ann': { epoch: await epoch('user:ann'), seq: 9 } } })
    expect(await ahead.socket.nextOf('reset')).toMatchObject({ feed: 'user:ann', reason: 'cursor_ahead' })
    await ahead.socket.untilSeq('user:ann', 2)
    const other = await join({ cursors: { 'user:ann': { epoch: 'gone', seq: 1 } } })
    expect(await other.socket.nextOf('reset')).toMatchObject({
      reason: 'unknown_epoch',
      epoch: await epoch('user:ann'),
    })
    await other.socket.untilSeq('user:ann', 2)
    expect(other.socket.seqs('user:ann')).toEqual([1, 2])
  })

  it('loses and doubles nothing when messages are published while devices join', async () => {
    const { join, publish } = await startSocketServer()
    const publishing = (async () => {
      for (let round = 0; round < 40; round++) await publish('user:ann', 5)
    })()
    const joined = await Promise.all(
      Array.from({ length: 8 }, (_, i) => join({ device: { id: `device-000${String(i)}`, platform: 'h5' } })),
    )
    await publishing
    for (const { socket } of joined) {
      await socket.untilSeq('user:ann', 200)
      const seqs = socket.seqs('user:ann')
      const [first = 0] = seqs
      expect(seqs).toEqual(Array.from({ length: 200 - first + 1 }, (_, i) => first + i))
    }
  })

  it('says what retention dropped while the device was away, and while it listens', async () => {
    const { join, publish, epoch, log } = await startSocketServer({ maxCount: 5 })
    await publish('user:ann', 8)
    await log.trim(Date.now())
    const { socket } = await join({ cursors: { 'user:ann': { epoch: await epoch('user:ann'), seq: 1 } } })
    expect(await socket.nextOf('gap')).toMatchObject({ from: 2, to: 3, reason: 'trimmed' })
    await socket.untilSeq('user:ann', 8)
    await publish('user:ann', 2)
    await socket.untilSeq('user:ann', 10)
    await log.trim(Date.now())
    expect(await socket.nextOf('gap')).toMatchObject({ from: 1, to: 5, reason: 'trimmed' })
  })
})

describe('a live device', () => {
  it('hears of a read on another device, and not of its own', async () => {
    const { join, publish, epoch } = await startSocketServer()
    await publish('user:ann', 3)
    const one = await join()
    const two = await join({ device: { id: 'device-0002', platform: 'ios' } })
    const ranges: ReadRanges = [[1, 2]]
    one.socket.send({ type: 'read', feed: 'user:ann', epoch: await epoch('user:ann'), ranges })
    expect(await two.socket.nextOf('read')).toMatchObject({ feed: 'user:ann', ranges: [[1, 2]], unread: 1 })
    one.socket.send({ type: 'ping' })
    await one.socket.nextOf('pong')
    expect(one.socket.heard.some(({ type }) => type === 'read')).toBe(false)
  })

  it('gets a feed that was followed elsewhere, its messages, and its end', async () => {
    const { join, publish, subscriptions } = await startSocketServer()
    await publish('topic:ci', 2)
    const { socket } = await join()
    await subscriptions.follow('ann', 'topic:ci', undefined)
    expect(await socket.nextOf('feed')).toMatchObject({ state: { feed: 'topic:ci', head: 2, unread: 0 } })
    await publish('topic:ci', 1)
    await socket.untilSeq('topic:ci', 3)
    await subscriptions.unfollow('ann', 'topic:ci')
    expect(await socket.nextOf('unfollow')).toMatchObject({ feed: 'topic:ci' })
    await publish('topic:ci', 1)
    await publish('user:ann', 1)
    await socket.untilSeq('user:ann', 1)
    expect(socket.seqs('topic:ci')).toEqual([1, 2, 3])
  })

  it('has its acks kept, the furthest only', async () => {
    const { join, publish, epoch, acks } = await startSocketServer()
    await publish('user:ann', 3)
    const { socket } = await join()
    const ack = { type: 'ack' as const, feed: 'user:ann', epoch: await epoch('user:ann') }
    socket.send({ ...ack, seq: 3 })
    socket.send({ ...ack, seq: 99 })
    socket.send({ ...ack, epoch: 'old', seq: 2 })
    socket.send({ type: 'ping' })
    await socket.nextOf('pong')
    await acks.flush()
    expect(await acks.ackOf('ann', 'device-0001', 'user:ann', await epoch('user:ann'))).toMatchObject({
      seq: 3,
    })
  })

  it('is replaced when the same device opens another socket', async () => {
    const { join, publish } = await startSocketServer()
    const old = await join()
    const fresh = await join()
    expect(await old.socket.closed).toMatchObject({ code: closeCodes.replaced, reason: 'replaced' })
    await publish('user:ann', 1)
    await fresh.socket.untilSeq('user:ann', 1)
  })

  it('is closed within a second of its token’s revocation, and others are not', async () => {
    const { join, directory, token } = await startSocketServer()
    const { socket } = await join()
    const start = performance.now()
    await directory.revokeToken(token.info.id)
    expect(await socket.closed).toMatchObject({ code: closeCodes.token_revoked })
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('is closed when its token expires', async () => {
    const { directory, url } = await startSocketServer()
    const { token } = await directory.createToken('ann', {
      label: '',
      publish: [],
      read: true,
      admin: false,
      ttl: 1,
    })
    const socket = await new TestSocket(url).opened()
    socket.send(helloOf(token))
    await socket.nextOf('welcome')
    expect(await socket.closed).toMatchObject({ code: closeCodes.token_expired })
  })

  it('is told to say hello again when the log gets new epochs', async () => {
    const { join, log } = await startSocketServer()
    const { socket } = await join()
    await log.renewEpochs()
    expect(await socket.closed).toMatchObject({ code: closeCodes.feeds_changed })
  })

  it('is closed after two silent heartbeats, and not while it pings', async () => {
    const { join } = await startSocketServer({ heartbeatMs: 1000 })
    const silent = await join()
    const lively = await join({ device: { id: 'device-0002', platform: 'h5' } })
    const timer = setInterval(() => {
      lively.socket.send({ type: 'ping' })
    }, 500)
    expect(await silent.socket.closed).toMatchObject({ code: closeCodes.idle })
    expect(lively.socket.socket.readyState).toBe(lively.socket.socket.OPEN)
    clearInterval(timer)
  })

  it('is told to come back when the gateway shuts down, spread over a time', async () => {
    const { join, endpoint, url } = await startSocketServer()
    const { socket } = await join()
    await endpoint.close(5000)
    expect(await socket.closed).toEqual({ code: closeCodes.going_away, reason: 'going_away retry=5000' })
    expect(await new TestSocket(url).closed).toMatchObject({ code: 1006 })
  })
})

describe('a breach', () => {
  const hello = helloOf('x')
  it.each([
    ['broken JSON', '{"type":', 'bad_frame'],
    ['a binary frame', Buffer.from('{}'), 'bad_frame'],
    ['a frame without its fields', JSON.stringify({ type: 'hello' }), 'bad_frame'],
    ['a frame of an unknown type', JSON.stringify({ type: 'dance' }), 'unknown_frame'],
    ['another frame before hello', JSON.stringify({ type: 'ping' }), 'hello_expected'],
    ['a frame over 16 KB', JSON.stringify({ ...hello, token: 'x'.repeat(17_000) }), 'frame_too_large'],
    ['an unknown token', JSON.stringify(hello), 'token_invalid'],
    [
      'a device id outside the grammar',
      JSON.stringify({ ...hello, device: { id: '../x', platform: 'h5' } }),
      'bad_frame',
    ],
    [
      'a cursor for what is no feed',
      JSON.stringify({ ...hello, cursors: { nope: { epoch: 'e', seq: 1 } } }),
      'bad_frame',
    ],
  ] as const)('%s is closed with a code of its own', async (_name, text, name) => {
    const { url } = await startSocketServer()
    const socket = await new TestSocket(url).opened()
    socket.sendText(text)
    const { code, reason } = await socket.closed
    expect(closeName(code)).toBe(name)
    expect(reason).toBe(name)
  })

  it('a frame that is far too large is refused by its header, and its payload is not waited for', async () => {
    const { url } = await startSocketServer()
    const socket = await new TestSocket(url).opened()
    socket.sendText('x'.repeat(300_000))
    expect((await socket.closed).code).toBe(closeCodes.frame_too_large)
  })

  it.each([
    ['websocket pings', (socket: WebSocket) => socket.ping()],
    ['pongs that nobody asked for', (socket: WebSocket) => socket.pong()],
    ['parts of a message', (socket: WebSocket) => socket.send('', { fin: false })],
  ])('a flood of %s is closed, before hello too', async (_name, send) => {
    const { url } = await startSocketServer()
    const { socket, closed } = await new TestSocket(url).opened()
    for (let i = 0; i < 300; i++) send(socket)
    expect(closeName((await closed).code) ?? (await closed).code).toBeOneOf(['rate_limited', 1008])
  })

  it('a token that may not read is refused', async () => {
    const { url, directory } = await startSocketServer()
    const { token } = await directory.createToken(null, {
      label: '',
      publish: ['*'],
      read: false,
      admin: true,
    })
    const socket = await new TestSocket(url).opened()
    socket.send(helloOf(token))
    expect((await socket.closed).code).toBe(closeCodes.token_invalid)
  })

  it('a second hello is closed', async () => {
    const { join, token } = await startSocketServer()
    const { socket } = await join()
    socket.send(helloOf(token.token))
    expect((await socket.closed).code).toBe(closeCodes.unexpected_hello)
  })

  it('a foreign origin and a missing subprotocol are told by a code that a browser can see', async () => {
    const { url } = await startSocketServer({ origins: ['https://ours.example'] })
    const foreign = new TestSocket(url, { origin: 'https://evil.example' })
    expect((await foreign.closed).code).toBe(closeCodes.origin_forbidden)
    const bare = new TestSocket(url, { protocols: [] })
    expect((await bare.closed).code).toBe(closeCodes.subprotocol_required)
    const ours = await new TestSocket(url, { origin: 'https://ours.example' }).opened()
    expect(ours.socket.protocol).toBe('herald.v1')
  })

  it('a flood of frames is closed, and the flooder’s neighbour is not disturbed', async () => {
    const { join, publish } = await startSocketServer()
    const neighbour = await join({ device: { id: 'device-0002', platform: 'h5' } })
    const flood = await join()
    for (let i = 0; i < 300; i++) flood.socket.send({ type: 'ping' })
    expect((await flood.socket.closed).code).toBe(closeCodes.rate_limited)
    await publish('user:ann', 1)
    await neighbour.socket.untilSeq('user:ann', 1)
  })

  it('a device that hears many feeds may ack each of them at once', async () => {
    const { join, publish, subscriptions, epoch, acks } = await startSocketServer()
    const feeds = Array.from({ length: 150 }, (_, index) => `topic:t${String(index)}`)
    await Promise.all(feeds.map((feed) => publish(feed)))
    await Promise.all(feeds.map((feed) => subscriptions.follow('ann', feed, undefined)))
    const record = vi.spyOn(acks, 'record')
    const { socket } = await join()
    // Those that were lost with the last socket, and those of what comes now.
    for (let time = 0; time < 2; time += 1)
      for (const feed of feeds) socket.send({ type: 'ack', feed, epoch: await epoch(feed), seq: 1 })
    socket.send({ type: 'ping' })
    await socket.nextOf('pong')
    expect(record).toHaveBeenCalledTimes(300)
  })

  it('a silent socket without hello is closed', async () => {
    const now = vi.spyOn(performance, 'now')
    const { url } = await startSocketServer()
    const socket = await new TestSocket(url).opened()
    const later = performance.now() + 11_000
    now.mockReturnValue(later)
    try {
      expect((await socket.closed).code).toBe(closeCodes.hello_timeout)
    } finally {
      now.mockRestore()
    }
  })

  it('a peer that never reads is closed once its outbox is full, and others go on', async () => {
    const { join, publish, events } = await startSocketServer()
    const slow = await join()
    const fast = await join({ device: { id: 'device-0002', platform: 'h5' } })
    slow.socket.socket.pause()
    const big = 'x'.repeat(15_000)
    const isClosed = (): boolean => JSON.stringify(events).includes('slow_reader')
    let published = 0
    while (!isClosed() && published < 4000) {
      await publish('user:ann', 20, big)
      published += 20
      await fast.socket.untilSeq('user:ann', published)
    }
    expect(events).toContainEqual({
      closed: expect.objectContaining({ code: 4002, device: 'device-0001' }) as unknown,
    })
    expect(fast.socket.seqs('user:ann')).toHaveLength(published)
  })

  it('keeps tokens out of what is logged', async () => {
    const { join, url, token, events } = await startSocketServer()
    const { socket } = await join()
    socket.sendText(`{"type":"hello","token":"${token.token}","device":1}`)
    await socket.closed
    const bad = await new TestSocket(url).opened()
    bad.sendText(JSON.stringify(helloOf('hld_secret-that-is-wrong')))
    await bad.closed
    await after(0)
    expect(JSON.stringify(events)).not.toContain(token.token)
    expect(JSON.stringify(events)).not.toContain('secret-that-is-wrong')
  })

  it('an address over its limit is refused with a time to come back', async () => {
    const { url } = await startSocketServer({ isFull: () => true })
    const refused = new TestSocket(url)
    const status = await new Promise((resolve) => {
      refused.socket.on('unexpected-response', (_request, response) => {
        resolve([response.statusCode, response.headers['retry-after']])
      })
    })
    expect(status).toEqual([429, '7'])
  })

  it.each([
    ['over its limit', { isFull: () => true }],
    ['with all the connections that it may have', { isTaken: () => true }],
  ])('an address %s is refused with 429, and the audit hears of it', async (_name, options) => {
    const { url, events } = await startSocketServer(options)
    const refused = new TestSocket(url)
    const status = await new Promise((resolve) => {
      refused.socket.on('unexpected-response', (_request, { statusCode }) => {
        resolve(statusCode)
      })
    })
    expect(status).toBe(429)
    expect(events).toEqual([{ refused: { code: 'rate_limited', address: '127.0.0.1', tokenId: undefined } }])
  })
})
