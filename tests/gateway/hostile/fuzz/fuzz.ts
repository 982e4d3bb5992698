/**
 * npm run fuzz -- [--frames N] [--requests N] [--seed S] [--lanes L] [--socket I] [--request I]
 *
 * Sends a real gateway any number of websocket frames and of requests made from its own OpenAPI document, and says each
 * failure with how to see it again. The same seed says the same things; in which order they come on many connections is
 * the machine's. `--socket` and `--request` send one of them alone, of the seed that is named.
 */
import { parseArgs } from 'node:util'
import { fuzzFrames } from './frame-fuzzer'
import { FuzzGateway } from './fuzz-gateway'
import { fuzzHttp } from './http-fuzzer'
import type { Failure } from './lanes'

/** A line of progress after so many of them. */
const TELL_EVERY = 2000

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '100000' },
    requests: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    lanes: { type: 'string', default: '24' },
    socket: { type: 'string' },
    request: { type: 'string' },
  },
})

const { seed } = values
const lanes = wholeNumber('lanes', values.lanes)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  process.stderr.write(`--${name} is a whole number, not ${text}\n`)
  process.exit(2)
}

/** Failures of one run, and what is wrong with its gateway afterwards. */
function judge(name: 'socket' | 'request', failures: readonly Failure[], aftermath: readonly string[]): void {
  for (const { index, what } of failures)
    say(`FAILURE ${what}\n  (npm run fuzz -- --seed ${seed} --${name} ${index} sends it again, alone)`)
  for (const what of aftermath) say(`FAILURE afterwards: ${what}\n  (npm run fuzz -- --seed ${seed})`)
  if (failures.length + aftermath.length > 0) process.exitCode = 1
}

const counts = (record: Readonly<Record<string, number>>): string =>
  Object.entries(record)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

async function sendFrames(frames: number, first?: number): Promise<void> {
  const gateway = await FuzzGateway.start()
  const begun = Date.now()
  try {
    const tally = await fuzzFrames({
      ...{ url: gateway.process.url, world: gateway.world, seed, frames, lanes },
      ...(first !== undefined && { first, lanes: 1 }),
      onSocket: (done, sent) => {
        if (done % TELL_EVERY === 0) say(`${done} sockets, ${sent} frames`)
      },
    })
    const seconds = Math.round((Date.now() - begun) / 1000)
    say(`${tally.frames} frames on ${tally.sockets} sockets in ${seconds} s, seed ${seed}`)
    say(`  scripts: ${counts(tally.kinds)}\n  ends: ${counts(tally.ends)}`)
    judge('socket', tally.failures, await gateway.aftermath())
  } finally {
    await gateway.process.dispose()
  }
}

async function sendRequests(requests: number, first?: number): Promise<void> {
  const gateway = await FuzzGateway.start()
  const begun = Date.now()
  try {
    const tally = await fuzzHttp({
      ...{ gateway, seed, requests, lanes },
      ...(first !== undefined && { first, lanes: 1 }),
      onRequest: (done) => {
        if (done % TELL_EVERY === 0) say(`${done} requests`)
      },
    })
    const seconds = Math.round((Date.now() - begun) / 1000)
    say(`${tally.requests} requests in ${seconds} s, seed ${seed}`)
    say(`  answers: ${counts(tally.statuses)}`)
    say(`  ${tally.succeeded.size} of ${tally.operations} operations succeeded at least once`)
    judge('request', tally.failures, await gateway.aftermath())
  } finally {
    await gateway.process.dispose()
  }
}

if (values.socket !== undefined) await sendFrames(1, wholeNumber('socket', values.socket))
if (values.request !== undefined) await sendRequests(1, wholeNumber('request', values.request))
if (values.socket === undefined && values.request === undefined) {
  await sendFrames(wholeNumber('frames', values.frames))
  await sendRequests(wholeNumber('requests', values.requests))
}
