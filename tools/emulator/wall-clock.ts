/** The phone's clock, which its owner or the network may change. Timers do not follow it. */
export class WallClock {
  #offsetMs = 0
  #heldAt: number | null = null

  now(): number {
    return (this.#heldAt ?? Date.now()) + this.#offsetMs
  }

  /** Puts the clock forward, or back by a negative number. */
  shift(ms: number): void {
    this.#offsetMs += ms
  }

  /** Stops the clock: what happens now happens in one millisecond. */
  hold(): void {
    this.#heldAt ??= Date.now()
  }

  release(): void {
    this.#heldAt = null
  }
}

/** Source of a function that makes a context's `Date` follow `now`. */
export const FOLLOW_CLOCK = `(now) => {
  const Real = Date
  globalThis.Date = new Proxy(Real, {
    construct: (_, args, target) => Reflect.construct(Real, args.length === 0 ? [now()] : args, target === Date ? Real : target),
    apply: () => new Real(now()).toString(),
    get: (_, key) => (key === 'now' ? now : Reflect.get(Real, key)),
  })
}`
