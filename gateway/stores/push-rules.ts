import type { DeliveryEvent, DeliveryReason, ReadRanges } from '@herald/protocol'
import { randomUUID } from 'node:crypto'
import type { LateAck } from '../contracts/acks'
import {
  hasUnread,
  pushOnScreen,
  type NewPush,
  type PushRecord,
  type PushRow,
  type Settlement,
} from '../contracts/push-ledger'
import type { ReplayArgs } from './rows'

/** Steps of one push that are kept; a push that is retried for a day must not grow without end. */
const MAX_TRAIL = 20

/** Messages that one sweep looks at; a burst that goes on opens the next. */
export const MAX_SPAN = 100

/** What a push waits for that only a gateway's memory knows to be so: after a start it waits no more. */
export const KNOWN_IN_MEMORY: readonly DeliveryReason[] = ['circuit_open', 'quota', 'credentials_refused']

/** How a row of a sweep begins. */
export const firstStep = ({ now, reason }: NewPush): DeliveryEvent => ({ time: now, reason })

/** A trail with one more step; a step that only repeats the last takes its place. */
export function addStep(trail: readonly DeliveryEvent[], step: DeliveryEvent): readonly DeliveryEvent[] {
  const last = trail.at(-1)
  const repeats =
    last?.reason === step.reason && last.provider === step.provider && last.detail === step.detail
  const kept = repeats ? trail.slice(0, -1) : trail
  // The first step says how it began; what falls out is from the middle.
  return [...kept, step].filter((_, index, all) => index === 0 || index > all.length - MAX_TRAIL)
}

/** A row that was taken to be sent, before it has its name, with what it was claimed until before, ms; 0 is not at all. */
export type ClaimedRow = Omit<PushRow, 'push'> & Pick<PushRecord, 'push'> & { readonly claimed_until: number }

/** Nobody knows the outcome, or the sender died: a service may have it. */
export const mayHaveGone = ({ claimed_until: claimed, unknown, push }: ClaimedRow): boolean =>
  (claimed > 0 || unknown === 1) && push !== null

/**
 * Says of a device's rows that are not due which of them may have gone with one that is: such a push goes again whole. Of
 * two parts under one id a service that knows repeats would drop the second, unseen.
 */
export function goesAlong(due: readonly ClaimedRow[]): (later: ClaimedRow) => boolean {
  const repeated = new Set(due.filter(mayHaveGone).map(({ push }) => push))
  return (row) => mayHaveGone(row) && repeated.has(row.push)
}

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
    const { claimed_until: _, push: known, ...row } = claimed
    // Kept on the row: a wait that follows must not forget it.
    if (mayHaveGone(claimed) && known !== null) return { ...row, push: known, unknown: 1 }
    const push = names.get(wayOf(claimed)) ?? randomUUID()
    if (row.state === 'clearing') return { ...row, push, handle: null }
    const isOne = ways.get(wayOf(claimed))?.length === 1 && row.first === row.last
    return { ...row, push, collapse: isOne ? null : push, handle: null }
  })
}

/** What is known of a feed and a user: its present epoch, what was read in which epoch, and where the log begins. */
export interface ReadState {
  readonly present: string
  readonly epoch: string | null
  readonly ranges: ReadRanges
  readonly from: number
}

/** The record as a settlement leaves it, and due to be taken back at once if what it showed was read meanwhile. */
export function settled(found: PushRecord, settlement: Settlement, state: ReadState | undefined): PushRecord {
  const ended = withSettlement(found, settlement)
  // The log began anew while the push was under way: it stands for the same messages there.
  const isRenewed = mayLie(ended) && state !== undefined && state.present !== found.epoch
  const after = isRenewed ? { ...ended, epoch: state.present } : ended
  return isToBeTakenBack(after, state) ? takenBack(after, settlement.step.time) : after
}

function withSettlement(row: PushRecord, settlement: Settlement): PushRecord {
  const { state, reason, due, step, attempts, position, unknown, provider, ref, accepted, shown } = settlement
  return {
    ...{ ...row, state, reason, due, trail: addStep(row.trail, step) },
    ...{ attempts: attempts ?? row.attempts, position: position ?? row.position },
    unknown: unknown === undefined ? row.unknown : Number(unknown),
    ...{ provider: provider ?? row.provider, ref: ref ?? row.ref, accepted: accepted ?? row.accepted },
    shown: shown ?? row.shown,
  }
}

/** It was read while its push was under way, and the read itself has found nothing that had gone. */
function isToBeTakenBack(row: PushRecord, read: ReadState | undefined): boolean {
  if (!mayLie(row) || row.provider === null) return false
  const isRead = read?.epoch === row.epoch && row.last >= read.from && !hasUnread(row, read.ranges, read.from)
  return isRead || (isGivenUp(row) && row.reason === 'read')
}

/** Acked by the app, dead, or not needed any more, while nobody knew what had become of a try: a service may have it. */
const isGivenUp = ({ state, unknown }: Pick<PushRecord, 'state' | 'unknown'>): boolean =>
  unknown === 1 && (state === 'cancelled' || state === 'dead')

/** Whether a push lies on the screen, as far as is known. */
export const mayLie = (row: PushRecord): boolean =>
  row.state === 'pushed' || (isGivenUp(row) && row.provider !== null)

/** The record whose push is to be taken back, because what it showed was read. */
export const takenBack = (row: PushRecord, now: number): PushRecord =>
  withSettlement(row, {
    ...{ keys: [], state: 'clearing', reason: 'read', due: now },
    ...{ step: { time: now, reason: 'read' }, attempts: 0, unknown: false },
  })

/** Whether a replay means this record. */
export const isMeant = ({ feed, first, last }: PushRecord, { feed: of, seq = 0 }: ReplayArgs): boolean =>
  of === undefined || (feed === of && first <= seq && last >= seq)

/** A dead push that is due again: a person's word begins its life anew. */
export const replayed = (row: PushRecord, now: number): PushRecord => ({
  ...withSettlement(row, {
    ...{ keys: [], state: 'waiting', reason: 'replayed', due: now },
    ...{ step: { time: now, reason: 'replayed' }, attempts: 0, position: 0, unknown: false },
  }),
  created: now,
})

/** With what its service said later. It is no settlement: what is being taken back just now says so on. */
export const withReceipt = (row: PushRecord, step: DeliveryEvent): PushRecord => ({
  ...row,
  reason: row.state === 'pushed' ? step.reason : row.reason,
  trail: addStep(row.trail, step),
})

/** With the ack of what it was for, which came after the push had gone. */
export const ackedLate = (row: PushRecord, time: number): PushRecord => ({
  ...row,
  acked: time,
  trail: addStep(row.trail, { time, reason: 'acked_late' }),
})

/** How long after the push its ack came. */
export const lateAckOf = ({ provider, accepted }: PushRecord, time: number): LateAck => ({
  provider,
  afterMs: time - (accepted ?? time),
})
