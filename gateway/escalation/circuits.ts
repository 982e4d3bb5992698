/** Failures in a row after which a provider is left alone. */
const TOLERATED = 5

const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 5 * 60_000

/** A person has to mend credentials; asking often would only get us blocked. */
const CREDENTIALS_PAUSE_MS = 5 * 60_000

interface Circuit {
  failures: number
  pauses: number
  /** Closed to everybody until then, ms; after that one push tries it out. */
  openUntil: number
  trying: boolean
  reason: 'circuit_open' | 'quota' | 'credentials_refused'
}

/**
 * One circuit for each provider. While it is open no push goes there: a service that is down gets no storm from us,
 * and a device's other registrations get their turn at once.
 */
export class Circuits {
  readonly #circuits = new Map<string, Circuit>()

  /**
   * Whether a push may go now; if not, until when and why. After a pause one push goes first, and the others follow
   * when it was answered.
   */
  enter(provider: string, now: number): { until: number; reason: Circuit['reason'] } | undefined {
    const circuit = this.#circuits.get(provider)
    if (!circuit || circuit.openUntil === 0) return undefined
    if (circuit.openUntil > now) return { until: circuit.openUntil, reason: circuit.reason }
    if (circuit.trying) return { until: now + 1000, reason: circuit.reason }
    circuit.trying = true
    return undefined
  }

  /** The service answered in its right mind, whatever it said about the push. */
  works(provider: string, now: number): void {
    const circuit = this.#circuits.get(provider)
    // What was under way when the circuit opened says nothing about now.
    if (circuit && circuit.openUntil > now && !circuit.trying) return
    this.#circuits.delete(provider)
  }

  /** Who went in sent nothing: the next may try it out. */
  leave(provider: string): void {
    const circuit = this.#circuits.get(provider)
    if (circuit) circuit.trying = false
  }

  /** The service failed. */
  failed(provider: string, now: number): void {
    const circuit = this.#of(provider)
    // As in `works`: else a hundred that hung together would make the pause the longest there is.
    if (circuit.openUntil > now && !circuit.trying) return
    circuit.failures += 1
    circuit.trying = false
    if (circuit.failures < TOLERATED && circuit.openUntil === 0) return
    circuit.openUntil = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** circuit.pauses)
    circuit.pauses += 1
    circuit.reason = 'circuit_open'
  }

  /** The service refuses our credentials. */
  refused(provider: string, now: number): void {
    Object.assign(this.#of(provider), {
      openUntil: now + CREDENTIALS_PAUSE_MS,
      trying: false,
      reason: 'credentials_refused',
    })
  }

  /** The service's quota for us is used up until then, ms. */
  exhausted(provider: string, until: number): void {
    Object.assign(this.#of(provider), { openUntil: until, trying: false, reason: 'quota' })
  }

  /** Providers that are left alone now, for the metrics. */
  open(now: number): string[] {
    return [...this.#circuits].flatMap(([provider, { openUntil }]) => (openUntil > now ? [provider] : []))
  }

  #of(provider: string): Circuit {
    let circuit = this.#circuits.get(provider)
    if (!circuit) {
      circuit = { failures: 0, pauses: 0, openUntil: 0, trying: false, reason: 'circuit_open' }
      this.#circuits.set(provider, circuit)
    }
    return circuit
  }
}
