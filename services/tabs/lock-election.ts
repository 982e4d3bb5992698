import type { Election } from './tabs'

/** The part of LockManager that is used (https://w3c.github.io/web-locks/). */
export interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    hold: () => Promise<void>,
  ): Promise<unknown>
}

/**
 * The leader holds a Web Lock for as long as it lives; the browser hands it on when a tab dies, however it dies.
 * Needs a secure context (https or localhost): elsewhere see LeaseElection.
 */
export class LockElection implements Election {
  readonly #locks: Locks
  readonly #name: string
  #handlers: { won(): void; lost(): void } | null = null
  #release: (() => void) | null = null
  #waiting: AbortController | null = null

  /** @param namespace of the app: another app of this origin has leaders of its own */
  constructor(locks: Locks, namespace: string) {
    this.#locks = locks
    this.#name = `${namespace}.leader`
  }

  stand(handlers: { won(): void; lost(): void }): void {
    this.#handlers = handlers
    this.#waiting = new AbortController()
    this.#request({ signal: this.#waiting.signal })
  }

  seize(): void {
    if (!this.#handlers || this.#release) return
    this.#waiting?.abort()
    this.#waiting = null
    this.#request({ steal: true })
  }

  withdraw(): void {
    this.#handlers = null
    this.#waiting?.abort()
    this.#waiting = null
    this.#release?.()
    this.#release = null
  }

  #request(options: { signal?: AbortSignal; steal?: boolean }): void {
    const handlers = this.#handlers
    let held = false
    this.#locks
      .request(this.#name, options, () => {
        held = true
        return this.#hold(handlers)
      })
      .catch(() => {
        // Aborted: withdrawn, or another tab took a lock that this one held; then it stands again. One that never held is
        // given up by whoever seizes, and may say so when the lock is there already.
        if (!held || !handlers || this.#handlers !== handlers || !this.#release) return
        this.#release = null
        handlers.lost()
        this.stand(handlers)
      })
  }

  #hold(handlers: { won(): void } | null): Promise<void> {
    if (!handlers || this.#handlers !== handlers) return Promise.resolve()
    return new Promise((release) => {
      this.#release = release
      handlers.won()
    })
  }
}
