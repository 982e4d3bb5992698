/**
 * Where each row is drawn. A row that stays keeps its slot, one that comes takes the slot of one that went, so that its
 * components and elements are given other words instead of being made anew: that is several times cheaper, and a list
 * that is scrolled or flooded does nothing else.
 */
export class RowSlots {
  #slots = new Map<string, number>()

  /** The slots of these rows, in their order: different numbers, few more than there are rows. */
  assign(keys: readonly string[]): readonly number[] {
    const kept = new Map<string, number>()
    for (const key of keys) {
      const slot = this.#slots.get(key)
      if (slot !== undefined) kept.set(key, slot)
    }
    const taken = new Set(kept.values())
    let next = 0
    for (const key of keys) {
      if (kept.has(key)) continue
      while (taken.has(next)) next += 1
      taken.add(next)
      kept.set(key, next)
    }
    this.#slots = kept
    return keys.map((key) => kept.get(key) ?? 0)
  }
}
