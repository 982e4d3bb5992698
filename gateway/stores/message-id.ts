import { randomBytes } from 'node:crypto'

/** Random digits are drawn for this many ids at once: a call to the system for each would cost more than the rest. */
const POOL = 512

/** Random digits of an id: the last group, and the one before it without its variant digit. */
const RANDOM_DIGITS = 15

const MAX_COUNT = 0xfff

/**
 * A maker of message ids: UUIDs of version 7 (RFC 9562 §5.7), which grow with time, so that the index over them grows
 * at its end and a commit does not have to write a page of its own for each message. What lies behind the time is a
 * count within the millisecond and 60 random bits. The ids of one maker grow strictly, whatever the clock does.
 */
export function openMessageIds(): (now: number) => string {
  let ms = 0
  let count = 0
  let pool = ''
  let used = 0
  return (now) => {
    if (now > ms) {
      ms = now
      count = 0
    } else if (count < MAX_COUNT) {
      count += 1
    } else {
      // RFC 9562 §6.2: the counter is full, so the time runs ahead.
      ms += 1
      count = 0
    }
    if (used === pool.length) {
      pool = randomBytes((POOL * (RANDOM_DIGITS + 1)) / 2).toString('hex')
      used = 0
    }
    const random = pool.slice(used, (used += RANDOM_DIGITS + 1))
    const time = ms.toString(16).padStart(12, '0')
    const variant = '89ab'.charAt(Number.parseInt(random.charAt(0), 16) & 3)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count.toString(16).padStart(3, '0')}-${variant}${random.slice(1, 4)}-${random.slice(4)}`
  }
}
