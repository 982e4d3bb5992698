import { CallFailure } from './service-call'

/** One errand at a time that many wait for. A waiter that gives up leaves the errand to the others. */
export class SingleFlight<T> {
  readonly #errand: (signal: AbortSignal) => Promise<T>
  readonly #timeoutMs: number
  readonly #closed = new AbortController()
  #flight: Promise<T> | undefined

  /** @param timeoutMs how long the errand may take, whoever waits. */
  constructor(errand: (signal: AbortSignal) => Promise<T>, timeoutMs: number) {
    this.#errand = errand
    this.#timeoutMs = timeoutMs
  }

  /** Joins the errand that is under way, or begins one. Rejects with the errand, or when `signal` aborts. */
  async join(signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw new CallFailure('no answer in time')
    this.#flight ??= this.#start()
    const flight = this.#flight
    return await new Promise<T>((resolve, reject) => {
      const giveUp = (): void => reject(new CallFailure('no answer in time'))
      signal.addEventListener('abort', giveUp, { once: true })
      flight.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
    })
  }

  /** Ends what is under way; later errands fail at once. */
  close(): void {
    this.#closed.abort()
  }

  async #start(): Promise<T> {
    try {
      return await this.#errand(AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#timeoutMs)]))
    } finally {
      this.#flight = undefined
    }
  }
}
