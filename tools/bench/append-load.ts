// Publishes over HTTP, in a process of its own: started by append-http.ts, told what to send, answers what it got.
import { performance } from 'node:perf_hooks'
import { content, FEEDS, sendFor, type Answer } from './append-message'
import { HttpSender, publishRequest } from './http-sender'

export interface LoadOrder {
  readonly port: number
  readonly token: string
  readonly senders: number
  readonly ms: number
}

export interface LoadReport {
  readonly answers: readonly Answer[]
  readonly ms: number
  /** The share of the time in which this process had something to do: near 1 it would be the bottleneck. */
  readonly loopShare: number
}

process.on('message', (order: LoadOrder) => {
  void run(order).then((report) => process.send?.(report))
})

async function run({ port, token, senders, ms }: LoadOrder): Promise<LoadReport> {
  const requests = FEEDS.map((feed) => publishRequest(feed, token, content))
  const idle = await Promise.all(Array.from({ length: senders }, () => HttpSender.open(port)))
  const all = [...idle]
  const loop = performance.eventLoopUtilization()
  const sent = await sendFor(ms, senders, async (index) => {
    const sender = idle.pop()
    const request = requests[index % requests.length]
    if (!sender || !request) throw new Error('more are sending than there are connections')
    const body = await sender.send(request)
    idle.push(sender)
    return body
  })
  const { utilization } = performance.eventLoopUtilization(loop)
  for (const sender of all) sender.close()
  const answers = sent.answers.map((body) => {
    const { id, feed, seq } = JSON.parse(body) as Answer
    return { id, feed, seq }
  })
  return { answers, ms: sent.ms, loopShare: utilization }
}
