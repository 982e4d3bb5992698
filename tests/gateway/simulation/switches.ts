/** What was switched on and off, and when: whether a feed was muted, say. */
export class Switches {
  readonly #switches = new Map<string, { readonly at: number; readonly on: boolean }[]>()

  note(name: string, on: boolean, at: number): void {
    const known = this.#switches.get(name)
    if (known) known.push({ at, on })
    else this.#switches.set(name, [{ at, on }])
  }

  /** All is again as it was then. @param now ms */
  putBack(to: number, now: number): void {
    for (const all of this.#switches.values())
      all.push({ at: now, on: all.findLast(({ at }) => at <= to)?.on ?? false })
  }

  /** Whether it was on at some moment from then to then, ms. */
  wasOnWithin(name: string, from: number, to: number): boolean {
    const all = this.#switches.get(name) ?? []
    return all.some(({ at, on }, index) => on && at <= to && (all[index + 1]?.at ?? Infinity) > from)
  }
}
