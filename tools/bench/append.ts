// How many messages a second are taken durably: by the feed log in this process, by the whole gateway over HTTP, and by
// the bare SQLite binding with batches of the log's size. Usage: npm run bench:append [ms of a run] [rounds]
import { bindingContestant, neighbouredBinding } from './append-binding'
import { HttpBench, type HttpFigure } from './append-http'
import { logContestant, MONITOR_RESOLUTION_MS } from './append-log'
import { contest, medianOf, medianRatio, type Contestant, type Runs } from './contest'
import { publish, type Row } from './report'

const MS = Number(process.argv[2] ?? 1000)
const ROUNDS = Number(process.argv[3] ?? 9)
const SENDERS = [1, 16, 256]

/** The number of senders at which the targets hold. */
const MANY = 256
const TARGET_RATE = 20_000
const TARGET_SHARE = 0.8
const TARGET_DELAY_MS = 20

const http = new HttpBench()
await http.start()
const rows: Row[] = []
for (const senders of SENDERS) {
  let batch = senders
  const contestants = [
    logContestant(senders, MS, (size) => (batch = size)),
    bindingContestant(MS, () => batch),
    neighbouredBinding(MS, () => batch),
    http.contestant(senders, MS),
  ] as Contestant<HttpFigure>[]
  rows.push(...rowsOf(senders, await contest(contestants, ROUNDS)))
}
await http.finish()
await publish({
  part: 'append',
  title: 'Durable append: messages a second, each on the disk before it is answered',
  setting: [
    `median of ${ROUNDS} rounds of ${MS} ms for each number of senders, contestants in turn`,
    `log: SqliteFeedLog.append in process; http: POST with a token over keep-alive connections, load in another process`,
    `libsql: the same rows in batches as large as the log's, WAL, synchronous=FULL, rows made beforehand`,
    `libsql beside work: the same while another process makes messages and their JSON, as the log's serving thread does`,
    `delays of the event loop hold the ${MONITOR_RESOLUTION_MS} ms of the timer that measures them`,
  ],
  rows,
})

function rowsOf(senders: number, runs: Runs<HttpFigure>): Row[] {
  const held = senders === MANY
  const valuesOf = (figure: HttpFigure, names: readonly string[]): Record<string, number> =>
    Object.fromEntries(names.map((name) => [name, medianOf(runs, name, figure)]))
  const all = ['log', 'http', 'libsql', 'libsql beside work']
  const serving = ['log', 'http']
  const rate = valuesOf('rate', all)
  const share = medianRatio(runs, ['log', 'libsql'], 'rate')
  const worst = Math.max(...serving.map((name) => medianOf(runs, name, 'loopP99')))
  return [
    {
      ...{ name: `${senders} senders`, unit: '1/s', values: rate },
      measured: { of: 'log / libsql', value: share },
      ...(held && { target: { at: 'least', value: TARGET_SHARE } }),
    },
    {
      ...{ name: `${senders} senders, beside work`, unit: '1', values: {} },
      measured: {
        of: 'log / libsql beside work',
        value: medianRatio(runs, ['log', 'libsql beside work'], 'rate'),
      },
    },
    ...(held ? [rateRow(senders, rate)] : []),
    { name: `${senders} senders, a commit`, unit: 'messages', values: valuesOf('batch', ['log', 'libsql']) },
    { name: `${senders} senders, processor`, unit: 'us a message', values: valuesOf('cpu', all) },
    { name: `${senders} senders, loop p50`, unit: 'ms', values: valuesOf('loopP50', serving) },
    {
      ...{ name: `${senders} senders, loop p99`, unit: 'ms', values: valuesOf('loopP99', serving) },
      measured: { of: 'the worse', value: worst },
      target: { at: 'most', value: TARGET_DELAY_MS },
    },
    {
      name: `${senders} senders, loop busy`,
      unit: '1',
      values: {
        gateway: medianOf(runs, 'http', 'gatewayLoop'),
        'load generator': medianOf(runs, 'http', 'senderLoop'),
      },
    },
  ]
}

function rateRow(senders: number, rate: Record<string, number>): Row {
  return {
    name: `${senders} senders, the log`,
    unit: '1/s',
    values: {},
    measured: { of: 'log', value: rate.log ?? Number.NaN },
    target: { at: 'least', value: TARGET_RATE },
  }
}
