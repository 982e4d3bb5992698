import * as v from 'valibot'
import { MAX_READ_RANGES } from './limits'

export const SeqSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

export const RangeSchema = v.pipe(
  v.tuple([SeqSchema, SeqSchema]),
  v.check(([first, last]) => first <= last, 'a range must not end before it begins'),
  v.readonly(),
)

/** Ranges as they travel: any order, overlaps allowed; the receiver merges them. */
export const RangesSchema = v.pipe(
  v.array(RangeSchema),
  v.minLength(1),
  v.maxLength(MAX_READ_RANGES),
  v.readonly(),
)
