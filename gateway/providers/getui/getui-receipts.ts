import { createHash, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import { ReceiptError, type Receipt } from '../provider'
import type { GetuiSettings } from './settings'

const text = v.pipe(v.union([v.string(), v.number()]), v.transform(String))

const LineSchema = v.object({
  appid: text,
  cid: text,
  taskid: text,
  msgid: text,
  sign: v.string(),
  actionId: v.optional(text, '0'),
  code: v.optional(text, '200'),
  desc: v.optional(v.string(), ''),
  recvtime: v.pipe(text, v.transform(Number), v.finite()),
})

type Line = v.InferOutput<typeof LineSchema>

/** Getui's own steps, and arrival by the channel of one phone maker each (Huawei, Xiaomi, Meizu, OPPO, vivo). */
const ACTIONS: Readonly<Record<string, Receipt['what']>> = {
  '0': 'arrived',
  '10000': 'shown',
  '10009': 'shown',
  '10010': 'clicked',
  '10019': 'clicked',
  '110000': 'arrived',
  '120000': 'arrived',
  '130000': 'arrived',
  '140000': 'arrived',
  '150000': 'arrived',
}
const SUCCESS = '200'

/**
 * Reads a callback of Getui's: one JSON object a line, each signed with the master secret. Steps that have no name
 * here are left out. Throws ReceiptError when any line is not proven to be Getui's for this app.
 */
export function readGetuiReceipts(body: string, settings: GetuiSettings): Receipt[] {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) throw new ReceiptError('the callback is empty')
  return lines.map((line) => parseLine(line, settings)).flatMap(toReceipt)
}

function parseLine(line: string, { appId, masterSecret }: GetuiSettings): Line {
  const parsed = v.safeParse(LineSchema, parseJson(line))
  if (!parsed.success) throw new ReceiptError('a line of the callback is not of Getui’s form')
  const { appid, cid, taskid, msgid, sign } = parsed.output
  const expected = createHash('md5').update(`${appid}${cid}${taskid}${msgid}${masterSecret}`).digest()
  const given = Buffer.from(/^[0-9a-f]{32}$/i.test(sign) ? sign : '', 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new ReceiptError('the signature of a line is wrong')
  }
  if (appid !== appId) throw new ReceiptError('the callback is for another app')
  return parsed.output
}

function toReceipt({ taskid, cid, actionId, code, desc, recvtime }: Line): Receipt[] {
  const what = code === SUCCESS ? ACTIONS[actionId] : 'not_arrived'
  if (what === undefined) return []
  const detail = [code === SUCCESS ? '' : code, desc, `action ${actionId}`].filter(Boolean).join(' ')
  return [{ ref: taskid, token: cid, what, time: recvtime, detail }]
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    // The schema refuses it.
    return undefined
  }
}
