import { FEED_NAME, type ClientFrame } from '@herald/protocol'

type PlainFrame = Extract<ClientFrame, { type: 'ack' | 'ping' }>

/**
 * An ack exactly as our clients write it. Of all frames of a busy gateway nearly every one is this, and JSON and schema take
 * several times as long as one regular expression. No escapes, and at most 15 digits, which is a safe integer: everything
 * else goes the long way, which is the only one that refuses.
 */
const ACK = /^\{"type":"ack","feed":"([^"\\]{1,80})","epoch":"([A-Za-z0-9_-]{1,64})","seq":([1-9]\d{0,14})\}$/

/** A heartbeat, exactly as our clients write it. */
const PING = '{"type":"ping"}'
const ping: PlainFrame = { type: 'ping' }

/** The ack or ping that a frame's text plainly is; undefined for everything that has to be parsed. */
export function readPlainFrame(text: string): PlainFrame | undefined {
  if (text === PING) return ping
  const parts = ACK.exec(text)
  if (parts === null) return undefined
  const [, feed = '', epoch = '', seq = ''] = parts
  return FEED_NAME.test(feed) ? { type: 'ack', feed, epoch, seq: Number(seq) } : undefined
}
