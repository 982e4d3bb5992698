import type { DeliveryEvent, ReadRanges } from '@herald/protocol'
import type { PushRecord } from '../contracts/push-ledger'

// What a store has written itself is what it was: it is not looked at again.
export const readRanges: (text: string) => ReadRanges = JSON.parse
const readTrail: (text: string) => DeliveryEvent[] = JSON.parse

/** A row as SQL has it: what is a list is JSON. */
export type WithText<Row extends { readonly shown: ReadRanges | null }> = Omit<Row, 'shown'> & {
  readonly shown: string | null
}

export type RecordText = WithText<Omit<PushRecord, 'trail'>> & { readonly trail: string }

/** Such a row, whatever else it has, as the contracts know it. */
export function readShown<Text extends { readonly shown: string | null }>(
  text: Text,
): Omit<Text, 'shown'> & { readonly shown: ReadRanges | null } {
  const { shown, ...row } = text
  return { ...row, shown: shown === null ? null : readRanges(shown) }
}

export function readRecord<Text extends Pick<RecordText, 'shown' | 'trail'>>(
  text: Text,
): Omit<Text, 'shown' | 'trail'> & Pick<PushRecord, 'shown' | 'trail'> {
  const { shown, trail, ...row } = text
  return { ...row, shown: shown === null ? null : readRanges(shown), trail: readTrail(trail) }
}

export const toText = (row: PushRecord): RecordText => ({
  ...row,
  shown: row.shown === null ? null : JSON.stringify(row.shown),
  trail: JSON.stringify(row.trail),
})
