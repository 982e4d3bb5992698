import { HeraldError } from '@herald/protocol'

/** Visible ASCII and spaces inside; a UUID is a good key. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/

/**
 * The key that makes a publish safe to repeat (draft-ietf-httpapi-idempotency-key-header), or undefined without
 * the header.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new HeraldError(
      'invalid_header',
      'Idempotency-Key: expected 1-200 characters of visible ASCII, spaces only between them',
    )
  }
  return header
}
