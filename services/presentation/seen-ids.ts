/** A bounded set of ids: past the limit the oldest are forgotten. */
export class SeenIds {
  readonly #ids = new Set<string>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  add(id: string): void {
    this.#ids.add(id)
    if (this.#ids.size <= this.#limit) return
    // A Set iterates in the order of adding.
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest)
      return
    }
  }

  delete(id: string): void {
    this.#ids.delete(id)
  }

  clear(): void {
    this.#ids.clear()
  }
}
