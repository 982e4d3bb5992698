export type Listener = (event: unknown) => void

/** Listeners by event name, as `plus.*.addEventListener` keeps them. */
export class Listeners {
  readonly #byType = new Map<string, Listener[]>()

  add(type: string, listener: Listener): void {
    this.#byType.set(type, [...this.of(type), listener])
  }

  remove(type: string, listener: Listener): void {
    this.#byType.set(
      type,
      this.of(type).filter((one) => one !== listener),
    )
  }

  of(type: string): readonly Listener[] {
    return this.#byType.get(type) ?? []
  }

  /** Whether anyone listened. */
  fire(type: string, event: unknown): boolean {
    const listeners = this.of(type)
    for (const listener of listeners) listener(event)
    return listeners.length > 0
  }
}
