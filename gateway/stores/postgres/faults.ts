/** What became of a statement that failed, as far as it says so itself. */
export type Fault =
  /** Somebody else was in the way: the transaction was undone, and may be run again. */
  | 'conflict'
  /** The database is gone, cannot write, or is not the one that may: whether a commit was done nobody has said. */
  | 'lost'
  /** It is there, and has no room or no strength. */
  | 'storage'
  /** The statement is wrong. */
  | 'fault'

/** Serialization failure, deadlock, a row that another transaction made first, a lock that took too long (PostgreSQL, appendix A). */
const CONFLICTS = new Set(['40001', '40P01', '23505', '55P03'])

/**
 * It shuts down, crashed, starts, or is a standby now (57P01-57P03, 25006); it has another password now (28P01), which is read
 * anew; and what a connection says (class 08).
 */
const LOST = new Set(['57P01', '57P02', '57P03', '25006', '28P01'])

/** Node's own codes, and what `pg` says without a code. */
const BROKEN =
  /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)|Connection terminated|timeout|not queryable|Cannot use a pool/i

/** Insufficient resources, operator intervention, system error, corruption. */
const STORAGE = /^(?:53|57|58|XX)/

export function faultOf(error: unknown): Fault {
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string }
  if (CONFLICTS.has(code)) return 'conflict'
  if (LOST.has(code) || code.startsWith('08') || BROKEN.test(code) || (code === '' && BROKEN.test(message)))
    return 'lost'
  return STORAGE.test(code) ? 'storage' : 'fault'
}

export const detailOf = (error: unknown): string =>
  error instanceof Error
    ? `${'code' in error ? String(error.code) : ''} ${error.message}`.trim()
    : String(error)
