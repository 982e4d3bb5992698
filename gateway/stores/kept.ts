// What a store keeps of what is over, and how exactly: the same for every store.

/** Devices of a user that are signed out and still known, so that what became of messages on them can be asked. */
export const KEPT_ENDED_DEVICES = 20

/** Tokens of a user that are over and still known: their devices hear why. */
export const KEPT_ENDED_TOKENS = 100

/**
 * Devices of a user whose acks are kept. A device may join and ack without being registered, under any id: the ones that
 * have acked nothing for the longest are forgotten, which costs them at most a push too many.
 */
export const ACKING_DEVICES = 200

/** Whether `now` says that a device has been seen long enough after it was last noted, ms. */
export const SEEN_GRAIN_MS = 5 * 60_000

/** How long an Idempotency-Key is remembered, in ms. */
export const IDEMPOTENCY_WINDOW_MS = 24 * 3600 * 1000

/** A life that nobody saw the end of lasted no longer than this with a clock that was not believed, ms. */
export const LONGEST_UNPROVEN_MS = 24 * 3_600_000

/**
 * SQL of what has to be added to a stamp to judge it by its age. The table has a row for each time in which the clock was
 * wrong, as was found later; a stamp of several is taken for the youngest that it may be.
 */
export const correctionOf = (column: string): string =>
  `coalesce((SELECT max(shift) FROM restamps WHERE last IS NOT NULL AND ${column} BETWEEN first AND last), 0)`
