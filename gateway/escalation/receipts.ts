import type { ProviderName } from '@herald/protocol'
import type { Receipt } from '../providers/provider'
import type { PushLedger } from '../contracts/push-ledger'

/** A service may call back before its own answer to the push is on our disk; then once more, after this (ms). */
const AGAIN_MS = 3000

/** Notes what push services later say about the pushes that they took. */
export class Receipts {
  readonly #pushes: Pick<PushLedger, 'noteReceipt'>
  readonly #onFault: (error: unknown) => void
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(pushes: Pick<PushLedger, 'noteReceipt'>, onFault: (error: unknown) => void) {
    this.#pushes = pushes
    this.#onFault = onFault
  }

  /** Returns at once: services do not wait for a disk. */
  take(provider: ProviderName, receipts: readonly Receipt[]): void {
    for (const receipt of receipts) this.#note(provider, receipt, true).catch(this.#onFault)
  }

  /** Tries nothing again. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  async #note(provider: ProviderName, receipt: Receipt, mayRetry: boolean): Promise<void> {
    const { ref, time, what, detail } = receipt
    const step = { time, reason: what, provider, ...(detail !== '' && { detail }) }
    const isKnown = await this.#pushes.noteReceipt(provider, ref, step)
    if (isKnown || !mayRetry) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#note(provider, receipt, false).catch(this.#onFault)
    }, AGAIN_MS)
    this.#timers.add(timer)
  }
}
