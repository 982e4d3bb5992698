import { randomUUID } from 'node:crypto'
import type { DeliveryEvent } from '@herald/protocol'
import type { Nudge, NudgeRecord, NudgeSettlement } from '../contracts/nudges'
import { addStep } from './push-rules'

/** A nudge that was taken, as it was before, with what it was claimed until, ms; 0 is not at all. */
export type ClaimedNudge = Omit<NudgeRecord, 'trail'> & { readonly claimed_until: number }

/** A nudge as tables keep it. */
export type NudgeText = Omit<NudgeRecord, 'trail'> & { readonly trail: string }

export const readNudge = ({ trail, ...row }: NudgeText): NudgeRecord => ({
  ...row,
  trail: JSON.parse(trail) as DeliveryEvent[],
})

/** The id that a nudge is sent under: one that may have gone goes again as it was. */
export function nameNudge({ claimed_until: claimed, ...row }: ClaimedNudge): Nudge {
  const mayHaveGone = (claimed > 0 || row.unknown === 1) && row.push !== null
  if (mayHaveGone && row.push !== null) return { ...row, push: row.push, unknown: 1 }
  return { ...row, push: randomUUID(), handle: null, unknown: 0 }
}

/** The record as a settlement leaves it. */
export function settledNudge(row: NudgeRecord, settlement: NudgeSettlement): NudgeRecord {
  const { state, reason, due, step, unknown } = settlement
  return {
    ...{ ...row, state, reason, due, trail: addStep(row.trail, step) },
    attempts: settlement.attempts ?? row.attempts,
    position: settlement.position ?? row.position,
    unknown: unknown === undefined ? row.unknown : Number(unknown),
    provider: settlement.provider ?? row.provider,
    ref: settlement.ref ?? row.ref,
    accepted: settlement.accepted ?? row.accepted,
  }
}
