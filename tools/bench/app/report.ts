import { TICK_MS } from '../../../services/presentation/alert-hold'
import { medianOf, medianRatio, type Runs } from '../contest'
import type { Row } from '../report'
import { HOUR_MS, type Hour, type Hours } from './idle'
import { COSTS, SCENES, type MessageFigure } from './messages'
import type { Platform } from './phones'

/** PROTOCOL.md: a ping when 25 s have passed without another frame of the client's. */
const HEARTBEAT_MS = 25_000

/** RFC 6455 §5.2: a header of 2 bytes, and the client's mask of 4. */
const PING_BYTES = '{"type":"ping"}'.length + 6
const PONG_BYTES = '{"type":"pong"}'.length + 2

/** An hour of heartbeats, in bytes of TCP payload. */
const HEARTBEAT_HOUR_BYTES = (HOUR_MS / HEARTBEAT_MS) * (PING_BYTES + PONG_BYTES)

/** IPv4 and TCP without options, for a segment and for its ack (RFC 791, RFC 9293); TLS 1.3 with AES-GCM, a record (RFC 8446 §5). */
const SEGMENT_BYTES = 2 * 40
const RECORD_BYTES = 22

/** What wakes a phone that is left alone, by the causes that the emulator names. What no line names belongs to dials. */
const CAUSES: Readonly<Record<string, readonly string[]>> = {
  heartbeat: [`after ${String(HEARTBEAT_MS)} ms`],
  'frames, so answers to heartbeats': ['socket message'],
  'look for a freeze': [`after ${String(TICK_MS)} ms`],
  'clock of the page': ['every 30000 ms'],
  'countdown by the second': ['every 1000 ms'],
}

const bytesOf = ({ bytesUp, bytesDown }: Hour): number => bytesUp + bytesDown
const onTheWire = (hour: Hour): number => bytesOf(hour) + hour.pieces * (SEGMENT_BYTES + RECORD_BYTES)
const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

/** One figure of an hour, on each platform. */
function hourRow(
  hours: ReadonlyMap<Platform, Hours>,
  state: keyof Hours,
  [what, unit]: readonly [string, string],
  figure: (hour: Hour) => number,
): Row {
  const values = [...hours].map(([platform, of]) => [platform, figure(of[state])] as const)
  return { name: `${state}: ${what}`, unit, values: Object.fromEntries(values) }
}

const isSaid = ({ values }: Row): boolean => Object.values(values).some((value) => value > 0)

/** The rows of hours in which nothing was published. Throws when heartbeats are missing: then it was no connected hour. */
export function idleRows(hours: ReadonlyMap<Platform, Hours>): Row[] {
  const rows: Row[] = []
  for (const state of ['foreground', 'background'] as const) {
    const row = hourRow(hours, state, ['payload', 'bytes'], bytesOf)
    const least = Math.min(...Object.values(row.values)) / HEARTBEAT_HOUR_BYTES
    if (least < 0.95) throw new Error(`heartbeats are missing: ${JSON.stringify(row.values)}`)
    rows.push(
      {
        ...row,
        measured: {
          of: `of ${HEARTBEAT_HOUR_BYTES.toLocaleString('en')} bytes of heartbeats`,
          value: Math.max(...Object.values(row.values)) / HEARTBEAT_HOUR_BYTES,
        },
        target: { at: 'most', value: 1.05 },
      },
      hourRow(hours, state, ['with TCP and TLS, computed', 'bytes'], onTheWire),
    )
  }
  return [...rows, ...STATES.flatMap((state) => wakeUpRows(hours, state))]
}

const STATES: readonly (keyof Hours)[] = [
  ...(['foreground', 'settings', 'background', 'frozen', 'thaw'] as const),
  ...(['airplane', 'airplane, background', 'no gateway', 'no gateway, background'] as const),
]

function wakeUpRows(hours: ReadonlyMap<Platform, Hours>, state: keyof Hours): Row[] {
  const row = (what: string, figure: (hour: Hour) => number): Row =>
    hourRow(hours, state, [what, '1'], figure)
  const by = (causes: readonly string[]): Row['values'] =>
    row('', ({ wakeUps }) => sum(causes.map((cause) => wakeUps[cause] ?? 0))).values
  const named = Object.entries(CAUSES).map(([who, causes]): Row => {
    return { name: `${state}: wake-ups by ${who}`, unit: '1', values: by(causes) }
  })
  const known = new Set(Object.values(CAUSES).flat())
  const others = row('wake-ups by all else', ({ wakeUps }) =>
    sum(Object.entries(wakeUps).map(([cause, count]) => (known.has(cause) ? 0 : count))),
  )
  const details = [
    ...named,
    others,
    row('messages to pages', ({ viewMessages }) => viewMessages),
    row('messages to pages that nobody sees', (hour) =>
      state.endsWith('background') ? hour.viewMessages : hour.toHidden,
    ),
    row('SQL statements', ({ statements }) => statements),
  ]
  const dials = row('dials', (hour) => hour.dials)
  return [
    row('wake-ups', ({ wakeUps }) => sum(Object.values(wakeUps))),
    ...details.filter(isSaid),
    ...(isSaid(dials) ? [{ ...dials, ...mostDials(state, dials) }] : []),
  ]
}

/** Full jitter below a minute is a dial in 30 s in the mean; the sum of so many scatters by a tenth of it. */
function mostDials(state: keyof Hours, { values }: Row): Partial<Row> {
  if (state === 'thaw') return {}
  const value = Math.max(...Object.values(values))
  return { measured: { of: 'an hour', value }, target: { at: 'most', value: 150 } }
}

/** Herald on Android against what is usually pasted together: processor time of a message, and what is asked of it. */
const MOST: Partial<Record<MessageFigure, number>> = { 'burst: logic us': 0.1, 'single: logic us': 1 }

/** What a message costs, scene by scene. */
export function messageRows(runs: Runs<MessageFigure>): Row[] {
  const names = [...runs.keys()]
  return SCENES.flatMap((scene) =>
    COSTS.map((cost): Row => {
      const figure: MessageFigure = `${scene}: ${cost}`
      const values = names.map((name) => [name, medianOf(runs, name, figure)] as const)
      const unit = cost.endsWith(' us') ? 'us' : '1'
      const row = { name: `${scene}: ${cost} of a message`, unit, values: Object.fromEntries(values) }
      const most = MOST[figure]
      const rivals = ['herald android', 'snippet'] as const
      if (most === undefined || !rivals.every((name) => names.includes(name))) return row
      const value = medianRatio(runs, rivals, figure)
      return { ...row, measured: { of: rivals.join(' / '), value }, target: { at: 'most', value: most } }
    }),
  )
}
