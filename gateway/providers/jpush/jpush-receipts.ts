import { timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import { ReceiptError, type Receipt } from '../provider'

const text = v.pipe(v.union([v.string(), v.number()]), v.transform(String))

/** JPush hands out the list of fields only on request, so several spellings are taken. */
const EntrySchema = v.looseObject({
  msg_id: v.optional(text),
  msgid: v.optional(text),
  registration_id: v.optional(text),
  registrationId: v.optional(text),
  rid: v.optional(text),
  type: v.optional(text),
  status: v.optional(text),
  time: v.optional(text),
  itime: v.optional(text),
})

/** `callback.type` of a push: 1 received, 2 clicked, 8 handed on. */
const KINDS: Readonly<Record<string, Receipt['what']>> = {
  '1': 'arrived',
  received: 'arrived',
  '2': 'clicked',
  click: 'clicked',
  clicked: 'clicked',
}
/** What is below is seconds: in ms it would be 1970. */
const FIRST_PLAUSIBLE_MS = 100_000_000_000

/**
 * Reads a callback of JPush's, which proves itself by our own key and secret. What it does not understand it leaves
 * out. Throws ReceiptError.
 * @param authorization what this app's callbacks carry.
 * @param now for entries without a time, ms since 1970.
 */
export function readJpushReceipts(
  given: string | string[] | undefined,
  authorization: string,
  body: string,
  now: number,
): Receipt[] {
  if (typeof given !== 'string' || !equal(given, authorization)) {
    throw new ReceiptError('the callback does not carry this app’s key and secret')
  }
  return entriesOf(body).flatMap((entry) => toReceipt(entry, now))
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function entriesOf(body: string): unknown[] {
  const read = parseJson(body)
  if (read === undefined) throw new ReceiptError('the callback is not JSON')
  if (Array.isArray(read)) return read as unknown[]
  const list = v.safeParse(v.looseObject({ data: v.array(v.unknown()) }), read)
  return list.success ? list.output.data : [read]
}

function toReceipt(entry: unknown, now: number): Receipt[] {
  const parsed = v.safeParse(EntrySchema, entry)
  if (!parsed.success) return []
  const { msg_id, msgid, registration_id, registrationId, rid, type, status, time, itime } = parsed.output
  const ref = msg_id ?? msgid
  const what = KINDS[type ?? status ?? '']
  if (ref === undefined || what === undefined) return []
  const token = registration_id ?? registrationId ?? rid
  return [
    {
      ref,
      ...(token !== undefined && { token }),
      what,
      time: timeOf(time ?? itime, now),
      detail: `JPush callback ${type ?? status ?? ''}`,
    },
  ]
}

function timeOf(given: string | undefined, now: number): number {
  const number = Number(given ?? Number.NaN)
  if (!Number.isFinite(number) || number <= 0) return now
  return number < FIRST_PLAUSIBLE_MS ? number * 1000 : number
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    // The caller refuses it.
    return undefined
  }
}
