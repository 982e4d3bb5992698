/** Something that comes later, and what waits for it in the order of the calls. */
export class Later<Thing> {
  #thing: Thing | null = null
  #waiting: ((thing: Thing) => void)[] = []

  /** Null while it is on its way. */
  get here(): Thing | null {
    return this.#thing
  }

  come(thing: Thing): void {
    this.#thing = thing
    const waiting = this.#waiting
    this.#waiting = []
    for (const act of waiting) act(thing)
  }

  /** Acts on it: now, or as soon as it is there. */
  act(act: (thing: Thing) => void): void {
    if (this.#thing) act(this.#thing)
    else this.#waiting.push(act)
  }
}
