import { randomBytes } from 'node:crypto'

/** Random bytes of a request's id, and for how many requests they are drawn at once: each draw is a system call. */
const BYTES = 9
const POOL = 256

const LENGTH = (BYTES * 4) / 3

let pool = ''
let used = 0

/** The id that an answer names and the log has, for answers of Fastify and those that are written by hand. */
export function nextRequestId(): string {
  if (used === pool.length) {
    pool = randomBytes(BYTES * POOL).toString('base64url')
    used = 0
  }
  return pool.slice(used, (used += LENGTH))
}
