import type { Verdict } from './decide'
import type { PushRow } from '../contracts/push-ledger'

/** A row with what was decided about it. */
export interface Decided {
  readonly row: PushRow
  readonly verdict: Verdict
}

/**
 * Makes a push that may have gone go again whole: a row that would wait goes with the rows that it may have gone with,
 * as the newer messages of one row go with its oldest. In parts under one id a service that knows repeats would drop
 * the second part, and on the screen each would take the place of the one before.
 */
export function keepWhole(decided: readonly Decided[]): Decided[] {
  const going = decided.filter(({ row, verdict }) => row.unknown === 1 && verdict.do === 'push')
  const pushes = new Set(going.map(({ row }) => row.push))
  return decided.map(({ row, verdict }) => {
    const joins = row.unknown === 1 && verdict.do === 'wait' && pushes.has(row.push)
    return { row, verdict: joins ? { do: 'push', messages: verdict.messages } : verdict }
  })
}
