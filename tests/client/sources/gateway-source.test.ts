import { describe, expect, test } from 'vitest'
import { MAX_INBOUND_FRAME_BYTES, parseClientFrame, type ReadRanges } from '@herald/protocol'
import { applyChange, emptyInbox, type Change, type Inbox } from '@/services/inbox/inbox'
import { ACK_SPACING_MS, AckPace, MAX_ACK_DELAY_MS } from '@/services/sources/acks'
import { buildHello } from '@/services/sources/hello'
import { GatewaySource, socketUrl } from '@/services/sources/gateway-source'
import { readFrames } from '@/services/sources/read-frames'
import type { PushedRanges } from '@/services/sources/source'
import { FakeSockets } from '../connection/fake-sockets'
import { FakeClock, settle } from '../fake-clock'
import { feedState, messages, writable } from '../messages'

const FEED = 'topic:ci'
const DEVICE = { id: 'device-0001', platform: 'h5' as const }

function start(initial: Inbox = emptyInbox, random = 0.5) {
  const clock = new FakeClock()
  const sockets = new FakeSockets()
  const logged: string[] = []
  const delivered: { change: Change; catchUp: boolean; backlog?: boolean }[] = []
  const stored: (() => void)[] = []
  const pushed: PushedRanges[] = []
  let inbox = initial
  const source = new GatewaySource(
    { open: sockets.open, clock, random: () => random, log: (event) => logged.push(event) },
    { server: 'https://gateway', token: () => 'secret', device: () => DEVICE },
    {
      feeds: () => inbox.feeds,
      rows: (feed) => inbox.rows.filter((row) => row.feed === feed),
      deliver: (change, { catchUp, backlog }) => {
        inbox = applyChange(inbox, change).inbox
        delivered.push({ change, catchUp, ...(backlog === undefined ? {} : { backlog }) })
        return new Promise((resolve) => stored.push(resolve))
      },
      pushed: (frame) => {
        pushed.push(frame)
        return new Promise((resolve) => stored.push(resolve))
      },
      connection: () => undefined,
    },
    'foreground',
  )
  const welcome = (...feeds: ReturnType<typeof feedState>[]): void => {
    sockets.last.handlers.open()
    sockets.last.bring({ type: 'welcome', user: { id: 'me', name: 'Me' }, heartbeatMs: 25_000, feeds })
  }
  const bring = (first: number, last: number): void => {
    sockets.last.bring({ type: 'messages', feed: FEED, epoch: 'e1', messages: messages(FEED, first, last) })
  }
  const store = async (): Promise<void> => {
    for (const done of stored.splice(0)) done()
    await settle()
  }
  source.start()
  return {
    clock,
    sockets,
    logged,
    pushed,
    delivered,
    source,
    welcome,
    bring,
    store,
    stored,
    inbox: () => inbox,
  }
}

/** An inbox that has messages 1..3 and read 1. */
const held: Inbox = [
  { type: 'welcome', feeds: [feedState(FEED, 3)] } as const,
  { type: 'messages', feed: FEED, epoch: 'e1', messages: messages(FEED, 1, 3) } as const,
  { type: 'read', feed: FEED, epoch: 'e1', ranges: [[1, 1]] } as const,
].reduce((inbox, change) => applyChange(inbox, change).inbox, emptyInbox)

describe('an ack', () => {
  test('of a later message waits for the earlier one, whose alert the platform has not taken', async () => {
    const { clock, welcome, bring, stored, sockets } = start()
    welcome(feedState(FEED, 0))
    stored.splice(0)
    bring(1, 1)
    bring(2, 2)
    bring(3, 3)
    const [first, second, third] = stored.splice(0)
    second?.()
    await settle()
    const acks = () => sockets.last.frames.filter((frame) => frame.type === 'ack')
    expect(acks()).toEqual([])
    first?.()
    await settle()
    expect(acks()).toEqual([{ type: 'ack', feed: FEED, epoch: 'e1', seq: 2 }])
    third?.()
    await settle()
    clock.advance(MAX_ACK_DELAY_MS)
    expect(acks().at(-1)).toEqual({ type: 'ack', feed: FEED, epoch: 'e1', seq: 3 })
  })
})

describe('hello', () => {
  test('asks for the gateway’s feeds only, and its welcome takes none of another source away', () => {
    const chat = feedState('chat:tea', 3)
    const { sockets, welcome, inbox } = start(
      applyChange(emptyInbox, { type: 'welcome', feeds: [feedState(FEED, 0), feedState('all', 0), chat] })
        .inbox,
    )
    sockets.last.handlers.open()
    const cursors = { [FEED]: { epoch: 'e1', seq: 0 }, all: { epoch: 'e1', seq: 0 } }
    expect(sockets.last.frames).toEqual([expect.objectContaining({ cursors })])
    welcome(feedState(FEED, 0))
    expect(Object.keys(inbox().feeds).sort()).toEqual(['chat:tea', FEED])
  })

  test('says who asks, in which state, and how far each feed is', () => {
    const { sockets } = start(held)
    sockets.last.handlers.open()
    expect(sockets.last.url).toBe('wss://gateway/v1/socket')
    expect(sockets.last.frames).toEqual([
      {
        type: 'hello',
        token: 'secret',
        device: DEVICE,
        state: 'foreground',
        cursors: { [FEED]: { epoch: 'e1', seq: 3 } },
      },
    ])
  })

  test('has no token in the address', () => {
    expect(socketUrl('http://127.0.0.1:8787/herald')).toBe('ws://127.0.0.1:8787/herald/v1/socket')
    const { sockets } = start()
    expect(sockets.last.url).not.toContain('secret')
  })

  test('of a thousand feeds fits into a frame, and keeps the own feed and `all`', () => {
    const names = [
      ...Array.from({ length: 1_000 }, (_, n) => `topic:t${String(n).padStart(60, '0')}`),
      'all',
      'user:me',
    ]
    const inbox = applyChange(emptyInbox, {
      type: 'welcome',
      feeds: names.map((name) => feedState(name, 1)),
    }).inbox
    const text = JSON.stringify(
      buildHello({ token: 'x'.repeat(100), device: DEVICE, state: 'background', feeds: inbox.feeds }),
    )
    expect(text.length).toBeLessThanOrEqual(MAX_INBOUND_FRAME_BYTES)
    const parsed = parseClientFrame(text)
    expect(parsed.ok && parsed.frame.type === 'hello' && Object.keys(parsed.frame.cursors)).toEqual(
      expect.arrayContaining(['all', 'user:me']),
    )
  })
})

describe('after the welcome', () => {
  test('tells what was read on this device and the gateway does not know', () => {
    const { sockets, welcome } = start(held)
    welcome(feedState(FEED, 3, { read: [[3, 3]] }))
    expect(sockets.last.frames.slice(1)).toEqual([
      { type: 'read', feed: FEED, epoch: 'e1', ranges: [[1, 1]] },
    ])
  })

  test('tells nothing when the gateway knows all', () => {
    const { sockets, welcome } = start(held)
    welcome(feedState(FEED, 3, { read: [[1, 3]] }))
    expect(sockets.last.frames).toHaveLength(1)
  })

  test('splits many reads into frames that the gateway takes', () => {
    const ranges: ReadRanges = Array.from({ length: 450 }, (_, n) => [n * 2 + 1, n * 2 + 1])
    const inbox = applyChange(
      applyChange(emptyInbox, { type: 'welcome', feeds: [feedState(FEED, 1_000)] }).inbox,
      { type: 'read', feed: FEED, epoch: 'e1', ranges },
    ).inbox
    const { sockets, welcome } = start(inbox)
    welcome(feedState(FEED, 1_000))
    const sent = sockets.last.sent.slice(1)
    expect(sent).toHaveLength(3)
    for (const text of sent) {
      expect(text.length).toBeLessThan(MAX_INBOUND_FRAME_BYTES)
      expect(parseClientFrame(text).ok).toBe(true)
    }
  })

  test('200 ranges of the longest numbers are half a frame', () => {
    const far = Number.MAX_SAFE_INTEGER
    const ranges: ReadRanges = Array.from({ length: 200 }, (_, n) => [far - 1000 + n * 2, far - 1000 + n * 2])
    const [frame] = readFrames(`topic:${'x'.repeat(64)}`, 'e'.repeat(64), ranges)
    expect(JSON.stringify(frame).length).toBeLessThan(MAX_INBOUND_FRAME_BYTES)
  })

  test('tells nothing of a log that has another epoch', () => {
    const { sockets, welcome } = start(held)
    welcome(feedState(FEED, 3, { epoch: 'e2' }))
    sockets.last.bring({ type: 'reset', feed: FEED, epoch: 'e2', reason: 'unknown_epoch' })
    expect(sockets.last.frames).toHaveLength(1)
  })
})

describe('messages', () => {
  test('are acked once they are stored and presented, and not before', async () => {
    const { sockets, welcome, bring, store } = start()
    welcome(feedState(FEED, 0))
    await store()
    bring(1, 2)
    bring(3, 3)
    await settle()
    expect(sockets.last.frames).toHaveLength(1)
    await store()
    expect(sockets.last.frames.slice(1)).toEqual([{ type: 'ack', feed: FEED, epoch: 'e1', seq: 3 }])
  })

  test('that were stored while there was no connection are acked after the next welcome', async () => {
    const { clock, sockets, welcome, bring, store } = start()
    welcome(feedState(FEED, 0))
    bring(1, 1)
    sockets.last.handlers.closed(1006, '')
    await store()
    clock.advance(1_000)
    welcome(feedState(FEED, 1))
    expect(sockets.last.frames.slice(1)).toEqual([{ type: 'ack', feed: FEED, epoch: 'e1', seq: 1 }])
  })

  test('are acked again on the next socket, until the answer to a ping proves that the ack came through', async () => {
    const { clock, sockets, welcome, bring, store } = start()
    const acksOf = () => sockets.last.frames.filter((frame) => frame.type === 'ack')
    const ack = (seq: number) => ({ type: 'ack', feed: FEED, epoch: 'e1', seq })
    const reconnect = (head: number): void => {
      sockets.last.handlers.closed(1006, '')
      clock.advance(1_000)
      welcome(feedState(FEED, head))
    }
    welcome(feedState(FEED, 0))
    bring(1, 1)
    await store()
    expect(acksOf()).toEqual([ack(1)])
    reconnect(1)
    expect(acksOf()).toEqual([ack(1)])
    clock.advance(25_000)
    bring(2, 2)
    await store()
    // The answer is to a ping that went before the second ack.
    sockets.last.bring({ type: 'pong' })
    reconnect(2)
    expect(acksOf()).toEqual([ack(2)])
    clock.advance(25_000)
    sockets.last.bring({ type: 'pong' })
    reconnect(2)
    expect(acksOf()).toEqual([])
  })

  test('of a flood are acked at no more than the frames that the gateway takes, and the last one soon', async () => {
    const { clock, sockets, welcome, bring, store } = start()
    const FRAMES_AT_ONCE = 100
    const FRAMES_A_SECOND = 20
    welcome(feedState(FEED, 0))
    for (let seq = 1; seq <= 1_000; seq += 1) {
      bring(seq, seq)
      await store()
      clock.advance(5)
      await store()
    }
    const acks = sockets.last.frames.filter((frame) => frame.type === 'ack')
    expect(acks.length).toBeLessThan(FRAMES_AT_ONCE)
    expect(acks.length).toBeLessThan(5 * FRAMES_A_SECOND)
    clock.advance(MAX_ACK_DELAY_MS)
    await store()
    clock.advance(MAX_ACK_DELAY_MS)
    expect(sockets.last.frames.at(-1)).toEqual({ type: 'ack', feed: FEED, epoch: 'e1', seq: 1_000 })
  })

  test('that stream are acked closely at first, and then by each device at times of its own', async () => {
    const ackTimes = async (random: number): Promise<number[]> => {
      const { clock, sockets, welcome, bring, store } = start(emptyInbox, random)
      welcome(feedState(FEED, 0))
      const began = clock.now()
      const times: number[] = []
      for (let seq = 1; seq <= 300; seq += 1) {
        bring(seq, seq)
        await store()
        const acks = sockets.last.frames.filter((frame) => frame.type === 'ack').length
        while (times.length < acks) times.push(clock.now() - began)
        clock.advance(10)
        await store()
      }
      return times
    }
    expect(await ackTimes(0)).toEqual([0, 100, 200, 300, 400, 900, 1400, 1900, 2400, 2900])
    expect(await ackTimes(0.9)).toEqual([0, 100, 200, 300, 400, 1350, 2300])
  })

  test('that come one by one are acked at once, also after a stream', () => {
    const pace = new AckPace(() => 0.5)
    let now = 0
    for (let flush = 0; flush < 10; flush += 1) {
      pace.sent(now, 1)
      now += pace.waitMs(now)
    }
    pace.sent(now, 1)
    expect(pace.waitMs(now)).toBe(750)
    now += 10_000
    expect(pace.waitMs(now)).toBeLessThanOrEqual(0)
    pace.sent(now, 1)
    expect(pace.waitMs(now)).toBe(ACK_SPACING_MS)
  })

  test.each([1, 5, 10, 50])(
    'of %i feeds are acked at no more than half of what a socket may send',
    (feeds) => {
      for (const random of [0, 0.5, 0.999]) {
        const pace = new AckPace(() => random)
        let now = 0
        for (let flush = 0; flush < 20; flush += 1) {
          pace.sent(now, feeds)
          const pause = pace.waitMs(now)
          expect(pause).toBeGreaterThanOrEqual(Math.min(feeds * ACK_SPACING_MS, MAX_ACK_DELAY_MS))
          expect(pause).toBeLessThanOrEqual(MAX_ACK_DELAY_MS)
          now += pause
        }
      }
    },
  )

  test.each([
    { name: 'leaves the front', leave: (source: GatewaySource) => source.setAppState('background') },
    { name: 'is suspended', leave: (source: GatewaySource) => source.suspend() },
    { name: 'ends', leave: (source: GatewaySource) => source.stop() },
  ])('that wait to be acked are acked before the app $name', async ({ leave }) => {
    const { sockets, source, welcome, bring, store } = start()
    welcome(feedState(FEED, 0))
    bring(1, 1)
    await store()
    bring(2, 2)
    await store()
    const acks = () => sockets.last.frames.filter((frame) => frame.type === 'ack')
    const ack = (seq: number) => ({ type: 'ack', feed: FEED, epoch: 'e1', seq })
    expect(acks()).toEqual([ack(1)])
    leave(source)
    expect(acks()).toEqual([ack(1), ack(2)])
  })

  test('of a flood come in batches, in order, and before whatever follows them', () => {
    const { sockets, welcome, bring, delivered, inbox } = start()
    welcome(feedState(FEED, 0))
    for (let seq = 1; seq <= 100; seq += 1) bring(seq, seq)
    expect(delivered.length).toBeLessThan(50)
    sockets.last.bring({ type: 'read', feed: FEED, epoch: 'e1', ranges: [[1, 100]], unread: 0 })
    expect(delivered.at(-1)?.change.type).toBe('read')
    expect(inbox().feeds[FEED]?.cursor).toBe(100)
  })

  test('of a flood that waited when the socket closed are in the cursor of the next hello', () => {
    const { clock, sockets, welcome, bring } = start()
    welcome(feedState(FEED, 0))
    for (let seq = 1; seq <= 100; seq += 1) bring(seq, seq)
    sockets.last.handlers.closed(1006, '')
    clock.advance(1_000)
    sockets.last.handlers.open()
    expect(sockets.last.frames[0]).toMatchObject({ cursors: { [FEED]: { seq: 100 } } })
  })

  test('of a flood that waited when the user signed out come nowhere', () => {
    const { clock, source, welcome, bring, delivered } = start()
    welcome(feedState(FEED, 0))
    for (let seq = 1; seq <= 100; seq += 1) bring(seq, seq)
    const before = delivered.length
    source.stop()
    clock.advance(10_000)
    expect(delivered).toHaveLength(before)
  })

  test('of a flood that leave a hole are found out', () => {
    const { welcome, bring, logged } = start()
    welcome(feedState(FEED, 0))
    for (let seq = 1; seq <= 50; seq += 1) bring(seq, seq)
    bring(52, 52)
    expect(logged).toContain('source.hole')
  })

  test('up to the head that the welcome told are a catch-up, later ones are news', () => {
    const { welcome, bring, delivered } = start()
    welcome(feedState(FEED, 2))
    bring(1, 2)
    bring(3, 3)
    expect(delivered.map(({ catchUp }) => catchUp)).toEqual([true, true, false])
  })

  test('that a push service has shown are told on, and are no change of the inbox', () => {
    const { sockets, welcome, pushed, delivered } = start()
    const frame = { type: 'pushed', feed: FEED, epoch: 'e1', ranges: [[1, 2]] }
    welcome(feedState(FEED, 2))
    sockets.last.bring(frame)
    expect(pushed).toEqual([frame])
    expect(delivered).toHaveLength(1)
    expect(sockets.last.closedWith).toBeNull()
  })

  test('that a push has put into the list are acked once that is stored, those that are still to come are not', async () => {
    const { sockets, welcome, store } = start(held)
    const acks = () => sockets.last.frames.filter((frame) => frame.type === 'ack')
    welcome(feedState(FEED, 5, { read: [[1, 1]] }))
    sockets.last.bring({ type: 'pushed', feed: FEED, epoch: 'e1', ranges: [[4, 5]] })
    sockets.last.bring({ type: 'pushed', feed: FEED, epoch: 'e0', ranges: [[1, 2]] })
    await store()
    expect(acks()).toEqual([])
    sockets.last.bring({ type: 'pushed', feed: FEED, epoch: 'e1', ranges: [[2, 3]] })
    await settle()
    expect(acks()).toEqual([])
    await store()
    expect(acks()).toEqual([{ type: 'ack', feed: FEED, epoch: 'e1', seq: 3 }])
  })

  test('of a feed that is new to this device are its backlog, over a second socket too', () => {
    const { clock, sockets, welcome, bring, delivered } = start()
    welcome(feedState(FEED, 3))
    bring(1, 2)
    sockets.last.handlers.closed(1006, '')
    clock.advance(1_000)
    welcome(feedState(FEED, 4))
    bring(3, 3)
    bring(4, 4)
    bring(5, 5)
    const arrived = delivered.filter(({ change }) => change.type === 'messages')
    expect(arrived.map(({ catchUp, backlog }) => [catchUp, backlog])).toEqual([
      [true, true],
      [true, true],
      [true, false],
      [false, false],
    ])
  })

  test('of a feed that this device has are no backlog, however many were missed', () => {
    const { welcome, bring, delivered } = start(held)
    welcome(feedState(FEED, 5))
    bring(4, 5)
    expect(delivered.at(-1)).toMatchObject({ catchUp: true, backlog: false })
  })

  test('with a hole before them make it ask again from the cursor', () => {
    const { clock, sockets, welcome, bring, logged } = start()
    welcome(feedState(FEED, 0))
    bring(1, 1)
    bring(3, 3)
    expect(logged).toEqual(['source.hole'])
    expect(sockets.last.closedWith).toMatchObject({ code: 3000, reason: 'hole' })
    clock.advance(1_000)
    sockets.last.handlers.open()
    expect(sockets.last.frames[0]).toMatchObject({ cursors: { [FEED]: { epoch: 'e1', seq: 1 } } })
  })

  test('that come twice are delivered and change nothing', () => {
    const { welcome, bring, inbox, sockets } = start()
    welcome(feedState(FEED, 0))
    bring(1, 2)
    bring(1, 2)
    expect(inbox().rows).toHaveLength(2)
    expect(sockets.last.closedWith).toBeNull()
  })
})

describe('a gateway that breaks the protocol', () => {
  test.each([
    ['no JSON', 'no json'],
    ['a known frame of another shape', { type: 'messages', feed: FEED, epoch: 'e1', messages: [] }],
    ['a second welcome', { type: 'welcome', user: { id: 'me', name: 'Me' }, heartbeatMs: 25_000, feeds: [] }],
    [
      'messages of a feed that nobody told of',
      { type: 'messages', feed: 'all', epoch: 'e1', messages: messages('all', 1, 1) },
    ],
  ])('%s: another connection', (_name, frame) => {
    const { sockets, welcome } = start()
    welcome(feedState(FEED, 0))
    sockets.last.bring(frame)
    expect(sockets.last.closedWith).toMatchObject({ code: 3000 })
  })

  test('a frame before the welcome: another connection', () => {
    const { sockets, bring } = start()
    sockets.last.handlers.open()
    bring(1, 1)
    expect(sockets.last.closedWith).toMatchObject({ code: 3000, reason: 'frame before welcome' })
  })

  test('a frame of a type that this client does not know yet is logged and ignored', () => {
    const { sockets, welcome, logged } = start()
    welcome(feedState(FEED, 0))
    sockets.last.bring({ type: 'typing', who: 'me' })
    expect(logged).toEqual(['frame.unknown'])
    expect(sockets.last.closedWith).toBeNull()
  })
})

describe('the app', () => {
  test('tells foreground and background, and only when it changes', () => {
    const { sockets, source, welcome } = start()
    welcome(feedState(FEED, 0))
    source.setAppState('background')
    source.setAppState('background')
    source.setAppState('foreground')
    expect(sockets.last.frames.slice(1)).toEqual([
      { type: 'state', state: 'background' },
      { type: 'state', state: 'foreground' },
      { type: 'ping' },
    ])
  })

  test('that comes back after a suspension dials at once', () => {
    const { sockets, source, welcome } = start()
    welcome(feedState(FEED, 0))
    source.suspend()
    expect(sockets.last.closedWith).toMatchObject({ code: 1000 })
    source.setAppState('foreground')
    expect(sockets.all).toHaveLength(2)
  })

  test('sends reads at once when it is live, and not otherwise', () => {
    const { sockets, source, welcome } = start(held)
    source.sendRead(FEED, 'e1', writable([[2, 2]]))
    welcome(feedState(FEED, 3, { read: [[1, 1]] }))
    source.sendRead(FEED, 'e1', writable([[2, 2]]))
    expect(sockets.last.frames.slice(1)).toEqual([
      { type: 'read', feed: FEED, epoch: 'e1', ranges: [[2, 2]] },
    ])
  })
})
