import { HeraldError, type PublishBody } from '@herald/protocol'
import { createHash } from 'node:crypto'
import type { IdempotencyKey } from '../contracts/feed-log'

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
    .update(canonicalJson([feed, body]))
    .digest('base64url')
}

/** JSON with the names of each object in order: an object and a list of pairs must not become the same. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`).join(',')}}`
}
