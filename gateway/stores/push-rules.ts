import type { DeliveryEvent, ReadRanges } from '@herald/protocol'
import { randomUUID } from 'node:crypto'
import { hasUnread, pushOnScreen, type PushRow, type Settlement } from '../contracts/push-ledger'

/** Steps of one push that are kept; a push that is retried for a day must not grow without end. */
const MAX_TRAIL = 20

/** A trail with one more step; a step that only repeats the last takes its place. */
export function addStep(trail: string, step: DeliveryEvent): string {
  const steps = JSON.parse(trail) as DeliveryEvent[]
  const last = steps.at(-1)
  const repeats =
    last?.reason === step.reason && last.provider === step.provider && last.detail === step.detail
  const kept = repeats ? steps.slice(0, -1) : steps
  // The first step says how it began; what falls out is from the middle.
  return JSON.stringify(
    [...kept, step].filter((_, index, all) => index === 0 || index > all.length - MAX_TRAIL),
  )
}

/** A row with what it was claimed until, ms; 0 is not at all. */
export interface ClaimedRow extends PushRow {
  readonly claimed_until: number
}

/** Nobody knows the outcome, or the sender died: a service may have it. */
export const mayHaveGone = ({ claimed_until: claimed, unknown, push }: ClaimedRow): boolean =>
  (claimed > 0 || unknown === 1) && (push as string | null) !== null

/**
 * What a device's rows are sent under. One that may have been sent before goes again as it was. All others that take
 * the same way become one push under a new id.
 */
export function nameForSending(rows: readonly ClaimedRow[]): PushRow[] {
  const ways = new Map<string, ClaimedRow[]>()
  const wayOf = (row: ClaimedRow): string =>
    row.state === 'clearing' ? `clear ${pushOnScreen(row)}` : String(row.position)
  const fresh = rows.filter((row) => !mayHaveGone(row))
  for (const row of fresh) ways.set(wayOf(row), [...(ways.get(wayOf(row)) ?? []), row])
  const names = new Map([...ways.keys()].map((way) => [way, randomUUID()]))
  return rows.map((claimed) => {
    const { claimed_until: _, ...row } = claimed
    // Kept on the row: a wait that follows must not forget it.
    if (mayHaveGone(claimed)) return { ...row, unknown: 1 }
    const push = names.get(wayOf(claimed)) ?? randomUUID()
    if (row.state === 'clearing') return { ...row, push, handle: null }
    const isOne = ways.get(wayOf(claimed))?.length === 1 && row.first === row.last
    return { ...row, push, collapse: isOne ? null : push, handle: null }
  })
}

/** The row as a settlement leaves it. */
export function settledRow(row: PushRow, settlement: Settlement): PushRow {
  const { state, reason, due, step, attempts, position, unknown, provider, ref, accepted, shown } = settlement
  return {
    ...{ ...row, state, reason, due, trail: addStep(row.trail, step) },
    ...{ attempts: attempts ?? row.attempts, position: position ?? row.position },
    unknown: unknown === undefined ? row.unknown : Number(unknown),
    ...{ provider: provider ?? row.provider, ref: ref ?? row.ref, accepted: accepted ?? row.accepted },
    shown: shown ? JSON.stringify(shown) : row.shown,
  }
}

/** The row whose push is to be taken back, because what it showed was read. */
export const takenBack = (row: PushRow, now: number): PushRow =>
  settledRow(row, {
    ...{ keys: [], state: 'clearing', reason: 'read', due: now },
    ...{ step: { time: now, reason: 'read' }, attempts: 0, unknown: false },
  })

/** What is known of a feed on a user: what was read in which epoch, and where the log begins. */
export interface ReadState {
  readonly epoch: string
  readonly ranges: ReadRanges
  readonly from: number
}

/**
 * Whether what was just settled is taken back at once: it was read while its push was under way, or may have been taken
 * before, and the read itself has found nothing that had gone.
 */
export function isToBeTakenBack(
  before: PushRow,
  after: PushRow,
  { state, reason }: Pick<Settlement, 'state' | 'reason'>,
  read: ReadState | undefined,
): boolean {
  if (after.provider === null) return false
  const mayShow = state === 'cancelled' && before.unknown === 1
  const isRead =
    read?.epoch === after.epoch && after.last >= read.from && !hasUnread(after, read.ranges, read.from)
  return (mayShow && reason === 'read') || ((mayShow || state === 'pushed') && isRead)
}
