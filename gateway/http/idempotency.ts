import { HeraldError, type PublishBody } from '@herald/protocol'
import { createHash } from 'node:crypto'
import type { IdempotencyKey } from '../feeds/feed-log'

/** Visible ASCII and spaces inside; a UUID is a good key. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/

/**
 * The key that makes a publish safe to repeat (draft-ietf-httpapi-idempotency-key-header), or undefined without
 * the header. Keys of different tokens never meet.
 */
export function readIdempotencyKey(
  header: string | string[] | undefined,
  tokenId: string,
  feed: string,
  body: PublishBody,
): IdempotencyKey | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new HeraldError('invalid_header', 'Idempotency-Key: expected 1-200 characters of visible ASCII')
  }
  return { scope: tokenId, key: header, fingerprint: fingerprint(feed, body) }
}

/**
 * What makes two publishes the same: feed and content, however the JSON was written. It is taken from the body as
 * it came and not from the message, whose expiry moves with the time of the request.
 */
export function fingerprint(feed: string, body: PublishBody): string {
  return createHash('sha256')
    .update(JSON.stringify([feed, sortKeys(body)]))
    .digest('base64url')
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  // As pairs: an object would move integer-like keys to its front by itself, and `__proto__` away.
  return entries.filter(([, inner]) => inner !== undefined).map(([key, inner]) => [key, sortKeys(inner)])
}
