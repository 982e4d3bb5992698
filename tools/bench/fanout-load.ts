// The load generator of tools/bench/fanout.ts, in a process of its own: opens the sockets, publishes, and checks that every
// socket gets every message exactly once and in order.
import { setTimeout as pause } from 'node:timers/promises'
import type { LoadReply, LoadRequest, LoadResult, LoadRun, Subscribers } from './load/calls'
import type { Dialect } from './load/dialect'
import { heraldDialect } from './load/herald-dialect'
import { mqttDialect } from './load/mqtt-dialect'
import { natsDialect } from './load/nats-dialect'
import { plainDialect } from './load/plain-dialect'
import { HttpPublisher, type Publisher } from './load/publisher'
import { openMqttPublisher, openNatsPublisher } from './load/stream-publishers'
import { socketIoDialect } from './load/socket-io-dialect'
import { Swarm } from './load/swarm'
import { Tally, textOf } from './load/tally'

const PACED_CONNECTIONS = 64

function dialectOf(subscribers: Subscribers): Dialect {
  switch (subscribers.speak) {
    case 'herald':
      return heraldDialect(subscribers)
    case 'nats':
      return natsDialect(subscribers)
    case 'mqtt':
      return mqttDialect(subscribers)
    case 'socket.io':
      return socketIoDialect(subscribers)
    case 'plain':
      return plainDialect(subscribers)
  }
}

/** Those that are not answered need one connection: what it has written it has published. */
async function openPublishers(run: LoadRun): Promise<Publisher[]> {
  const { publishers, pace, feeds, sockets } = run
  const count = feeds === 'one' ? 1 : sockets
  if (publishers.speak !== 'http') {
    const openOne = publishers.speak === 'nats' ? openNatsPublisher : openMqttPublisher
    return [await openOne(publishers, count)]
  }
  const connections = 'atOnce' in pace ? pace.atOnce : PACED_CONNECTIONS
  return Promise.all(Array.from({ length: connections }, () => HttpPublisher.open(publishers, count)))
}

interface Opened {
  readonly run: LoadRun
  readonly swarm: Swarm
  readonly publishers: readonly Publisher[]
}

async function open(run: LoadRun): Promise<Opened> {
  const { port, sockets, subscribers } = run
  const swarm = new Swarm({ port, sockets, dialect: dialectOf(subscribers) })
  await swarm.open()
  return { run, swarm, publishers: await openPublishers(run) }
}

async function measure({ run, swarm, publishers }: Opened): Promise<LoadResult> {
  const { sockets, messages, warmUp = 0, feeds, bytes, pace, patienceMs } = run
  const texts = Array.from({ length: messages }, (_, index) => textOf(index, bytes))
  const counted = new Tally({ sockets, messages, warmUp, feeds })
  swarm.count(counted)
  const publish: Publish = (publisher, message, since = performance.now()) => {
    counted.sent(message, since)
    return publisher.publish(message, texts[message] ?? '')
  }
  const patience = new AbortController()
  const tooLong = pause(patienceMs, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`${counted.expected - counted.deliveries} of ${counted.expected} deliveries did not come`)
  })
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const published = 'atOnce' in pace ? burst(publishers, messages, publish) : paced(publishers, run, publish)
  await Promise.race([Promise.all([published, counted.done]), swarm.failed, tooLong])
  const cpu = process.cpuUsage(cpuBefore)
  patience.abort()
  tooLong.catch(() => undefined)
  const [p50Ms = NaN, p99Ms = NaN] = counted.percentiles([0.5, 0.99])
  return {
    deliveries: counted.deliveries,
    ms: counted.lastAt - start,
    ...{ p50Ms, p99Ms },
    cpuMs: (cpu.user + cpu.system) / 1000,
  }
}

/** @param since when its latency begins, ms of `performance.now`; now, when absent. */
type Publish = (publisher: Publisher, message: number, since?: number) => Promise<void>

/** As fast as the server accepts, on each connection the next as soon as the last was answered. */
async function burst(publishers: readonly Publisher[], messages: number, publish: Publish): Promise<void> {
  let next = 0
  await Promise.all(
    publishers.map(async (publisher) => {
      while (next < messages) await publish(publisher, next++)
    }),
  )
}

/** By the clock. One that finds no free connection waits for it, and its latency counts from when it was due. */
async function paced(publishers: readonly Publisher[], run: LoadRun, publish: Publish): Promise<void> {
  if (!('perSecond' in run.pace)) throw new Error('the run has no pace')
  const everyMs = 1000 / run.pace.perSecond
  const start = performance.now()
  const free = [...publishers]
  const answers: Promise<void>[] = []
  let onFree: () => void = () => undefined
  for (let message = 0; message < run.messages; message += 1) {
    const due = start + message * everyMs
    const wait = due - performance.now()
    if (wait > 0) await pause(wait)
    let publisher = free.pop()
    const since = publisher === undefined ? due : undefined
    while (publisher === undefined) {
      await new Promise<void>((resolve) => (onFree = resolve))
      publisher = free.pop()
    }
    const used = publisher
    answers.push(
      publish(used, message, since).then(() => {
        free.push(used)
        onFree()
      }),
    )
  }
  await Promise.all(answers)
}

const reply = (message: LoadReply): void => void process.send?.(message)
let opened: Opened | undefined

async function answer(request: LoadRequest): Promise<LoadReply> {
  if (request.type === 'open') {
    opened = await open(request.run)
    return { type: 'opened' }
  }
  if (opened === undefined) throw new Error('nothing is open')
  if (request.type === 'start') return { type: 'done', result: await measure(opened) }
  for (const publisher of opened.publishers) publisher.close()
  await opened.swarm.close()
  opened = undefined
  return { type: 'closed' }
}

process.on('message', (request: LoadRequest) => {
  answer(request).then(reply, (error: unknown) => {
    reply({ type: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  })
})
