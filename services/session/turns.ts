/** Deeds that must not overlap: each begins when those before it have ended, well or not. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<Result>(deed: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(deed)
    this.#last = done.catch(() => undefined)
    return done
  }
}
