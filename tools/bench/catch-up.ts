// A device that is far behind gets everything, while another one hears what is published; and history pages from the
// middle of a long feed against pages at its head. Usage: npm run bench:catch-up [messages behind] [length of the feed]
import Database from 'libsql'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Cursor, HistoryPage, ServerFrame } from '@herald/protocol'
import { SteadyPublisher } from './steady-publisher'
import { quantile } from './contest'
import { GatewayProgram } from './gateway-program'
import { HttpSender } from './http-sender'
import { clientOf, SEEDED, seedUsers } from './joins-seed'
import { RawWebSocket } from './raw-websocket'
import { publish } from './report'

const BEHIND = Number(process.argv[2] ?? 100_000)
const LENGTH = Number(process.argv[3] ?? 1_000_000)
const PAGE = 100
const PAGES = 500
const TARGET_RATIO = 1.25

/** The app's acks are that far apart (services/sources/acks.ts). */
const ACK_SPACING_MS = 100

/** Delays that are heard at least, however short the work is: a 99th percentile of fewer says nothing. */
const MIN_SAMPLES = 200

const LONG_FEED = 'topic:long'

const gateway = new GatewayProgram({ HERALD_RETENTION_COUNT: '100000000' })
await gateway.start()
await gateway.stop()
seedUsers(gateway.folder, 2)
lengthen(gateway.folder)
await gateway.start()
const [late, live] = [clientOf(0), clientOf(1)]
const http = await HttpSender.open(gateway.port)

/** Fills a feed of its own, and follows it as the device that is behind. */
function lengthen(folder: string): void {
  const db = new Database(join(folder, 'herald.db'))
  const now = Date.now()
  const { lastInsertRowid: id } = db
    .prepare("INSERT INTO feeds (name, epoch, head, last_time) VALUES (?, 'bench', ?, ?)")
    .run([LONG_FEED, LENGTH, now])
  db.prepare(
    `INSERT INTO messages (feed, seq, id, time, json)
     WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?2)
     SELECT ?1, seq, printf('%08x-0000-7000-8000-000000000000', seq), ?5,
       printf('{"id":"%08x-0000-7000-8000-000000000000","feed":"%s","seq":%d,"time":%d,"title":"Disk full","body":"%s","priority":3}',
         seq, ?3, seq, ?5, ?4) FROM n`,
  ).run([id, LENGTH, LONG_FEED, 'db1 has 1 % left. '.repeat(5), now])
  db.prepare('INSERT INTO follows (user, feed) VALUES (?, ?)').run([clientOf(0).user, LONG_FEED])
  // Of this size it is a second's work, which a close would leave to the next garbage collection.
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

/** Joins; every frame goes to `onFrame`. */
function connect(
  client: ReturnType<typeof clientOf>,
  cursors: object,
  onFrame: (frame: ServerFrame) => void,
): RawWebSocket {
  const socket: RawWebSocket = new RawWebSocket(gateway.port, {
    opened: () => {
      const device = { id: client.device, platform: 'h5' }
      socket.send(
        JSON.stringify({ type: 'hello', token: client.token, device, state: 'foreground', cursors }),
      )
    },
    text: (text) => onFrame(JSON.parse(text) as ServerFrame),
    closed: (code, reason) => {
      throw new Error(`a socket was closed: ${code} ${reason}`)
    },
  })
  return socket
}

async function page(query: string): Promise<HistoryPage> {
  const request = `GET /v1/feeds/${LONG_FEED}/messages?${query}&limit=${PAGE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${late.token}\r\n\r\n`
  return JSON.parse(await http.send(Buffer.from(request))) as HistoryPage
}

/** Gets everything after the cursor as an app does: the newest by the socket, the rest by pages; acks as it goes. */
async function catchUp(): Promise<{ ms: number; messages: number }> {
  const begun = performance.now()
  const from = LENGTH - BEHIND
  const cursors = { [LONG_FEED]: { epoch: 'bench', seq: from } }
  let newest = 0
  const { socket, gap } = await new Promise<{ socket: RawWebSocket; gap: number }>((resolve) => {
    let skipped = 0
    const joined = connect(late, cursors, (frame) => {
      if (frame.type === 'gap' && frame.feed === LONG_FEED) skipped = frame.to
      if (frame.type !== 'messages' || frame.feed !== LONG_FEED) return
      newest += frame.messages.length
      if (frame.messages.at(-1)?.seq === LENGTH) resolve({ socket: joined, gap: skipped })
    })
  })
  let seq = from
  let ackedAt = begun
  const ack = (): void => {
    ackedAt = performance.now()
    socket.send(JSON.stringify({ type: 'ack', feed: LONG_FEED, epoch: 'bench', seq }))
  }
  while (seq < gap) {
    for (const message of (await page(`after=${seq}`)).messages) {
      if (message.seq !== seq + 1) throw new Error(`a page goes from ${seq} to ${message.seq}`)
      seq = message.seq
    }
    if (performance.now() - ackedAt >= ACK_SPACING_MS) ack()
  }
  seq = LENGTH
  ack()
  const ms = performance.now() - begun
  socket.destroy()
  return { ms, messages: newest + gap - from }
}

/** How far the device that hears what is published has its feeds. */
const liveCursors: Record<string, Cursor> = {
  [live.feed]: { epoch: 'bench', seq: SEEDED.own },
  all: { epoch: 'bench', seq: SEEDED.all },
}

/** Hears what is published, and keeps how long each message took from the moment it was due. */
async function hearWhile<Result>(work: () => Promise<Result>): Promise<{ result: Result; delays: number[] }> {
  const dueAt = new Map<string, number>()
  const delays: number[] = []
  let socket: RawWebSocket | undefined
  await new Promise<void>((resolve) => {
    socket = connect(live, liveCursors, (frame) => {
      if (frame.type === 'welcome') resolve()
      if (frame.type !== 'messages') return
      for (const { body, feed, seq } of frame.messages) {
        const due = dueAt.get(body)
        if (due === undefined) throw new Error(`heard ${body}, which nobody has published`)
        delays.push(performance.now() - due)
        liveCursors[feed] = { epoch: 'bench', seq }
      }
    })
  })
  const publisher = new SteadyPublisher(
    gateway.port,
    gateway.secret('publish-token'),
    10,
    (_index, body, due) => {
      dueAt.set(body, due)
      return live.feed
    },
  )
  await publisher.start()
  const result = await work()
  while (delays.length < MIN_SAMPLES) await wait(10)
  await publisher.stop()
  while (delays.length < dueAt.size) await wait(1)
  socket?.destroy()
  return { result, delays }
}

/** How long a page takes, before seqs that are spread over a part of the feed. */
async function timePages(first: number, last: number): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < PAGES; index += 1) {
    const before = Math.floor(first + ((last - first) * ((index * 7919) % PAGES)) / PAGES)
    const begun = performance.now()
    const { messages } = await page(`before=${before}`)
    times.push(performance.now() - begun)
    if (messages.length !== PAGE || messages.at(-1)?.seq !== before - 1)
      throw new Error(`a page before ${before} is not what it should be`)
  }
  return times
}

await timePages(LENGTH / 2, LENGTH)
const memoryBefore = (await gateway.usage()).residentBytes
const quiet = await hearWhile(() => wait(2000))
const { result: caughtUp, delays } = await hearWhile(catchUp)
if (caughtUp.messages !== BEHIND) throw new Error(`got ${caughtUp.messages} of ${BEHIND}`)
const memoryAfter = (await gateway.usage()).residentBytes
const [middle, head]: [number[], number[]] = [[], []]
for (let round = 0; round < 5; round += 1) {
  middle.push(...(await timePages(LENGTH * 0.4, LENGTH * 0.6)))
  head.push(...(await timePages(LENGTH - PAGES, LENGTH)))
}
http.close()
await gateway.dispose()

const MIB = 2 ** 20
const ratio = quantile(middle, 0.5) / quantile(head, 0.5)
await publish({
  part: 'catch-up',
  title: `Catch-up: a device ${BEHIND} messages behind, and pages of a feed of ${LENGTH}`,
  setting: [
    `the newest ${PAGE} by the socket, the rest by pages of ${PAGE}, one request at a time; an ack each ${ACK_SPACING_MS} ms`,
    'another device hears one message every 10 ms meanwhile; its delays run from the moment the publish was due',
    `${PAGES * 5} pages from the middle fifth and from the head, in turn`,
  ],
  rows: [
    { name: 'all of it there', unit: 'ms', values: { herald: caughtUp.ms } },
    { name: 'messages a second', unit: '1/s', values: { herald: (BEHIND / caughtUp.ms) * 1000 } },
    { name: 'memory before', unit: 'MiB', values: { herald: memoryBefore / MIB } },
    { name: 'memory after', unit: 'MiB', values: { herald: memoryAfter / MIB } },
    {
      name: 'delay of others, p50',
      unit: 'ms',
      values: { meanwhile: quantile(delays, 0.5), quiet: quantile(quiet.delays, 0.5) },
    },
    {
      name: 'delay of others, p99',
      unit: 'ms',
      values: { meanwhile: quantile(delays, 0.99), quiet: quantile(quiet.delays, 0.99) },
    },
    {
      ...{
        name: 'a page, p50',
        unit: 'ms',
        values: { middle: quantile(middle, 0.5), head: quantile(head, 0.5) },
      },
      measured: { of: 'middle / head', value: ratio },
      target: { at: 'most', value: TARGET_RATIO },
    },
    {
      name: 'a page, p99',
      unit: 'ms',
      values: { middle: quantile(middle, 0.99), head: quantile(head, 0.99) },
    },
  ],
})
