/** A timer that was set. */
export type Timer = unknown

/** Time, as a port: tests turn it by hand. */
export interface Clock {
  /** Wall clock, in ms since 1970. It may jump, and timers may fire late: phones freeze apps. */
  now(): number
  setTimeout(run: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
}

/** The device's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => {
    clearTimeout(timer as ReturnType<typeof setTimeout>)
  },
}
