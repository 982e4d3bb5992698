/** Work that is never done twice at once: what asks for it meanwhile has it done once more by the same loop. */
export class OneAtATime {
  /** Answers whether it has to be done again. */
  readonly #work: () => Promise<boolean>
  #isDue = false
  #isBusy = false

  constructor(work: () => Promise<boolean>) {
    this.#work = work
  }

  /** Resolves when nothing is due, or at once when somebody is at it. */
  async do(): Promise<void> {
    this.#isDue = true
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      while (this.#isDue) {
        this.#isDue = false
        if (await this.#work()) this.#isDue = true
      }
    } finally {
      this.#isBusy = false
    }
  }
}
