import type { Provider, PushTarget } from '../providers/provider'

/** Failures in a row after which a service is left alone. */
const TOLERATED = 5

const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 5 * 60_000

/** A person has to mend credentials; asking often would only get us blocked. */
const CREDENTIALS_PAUSE_MS = 5 * 60_000

/** A trial of which nothing is heard makes room for another; longer than a push can take (ms). */
const TRIAL_MS = 60_000

/** How soon to ask again while another push tries the service out (ms). */
const TRIAL_LOOK_MS = 1000

/** Why a service is left alone. */
export type PauseReason = 'circuit_open' | 'quota' | 'credentials_refused'

/**
 * Whether pushes go to a service. `life` rises with every change of `name`: what a push is answered counts only in
 * the life in which it went in, and what had begun before says nothing about now.
 * - `closed`: they go; `failures` of them failed in a row, that had gone in after the newest that worked: a push that
 *   hung for 15 s says less than one that was taken a moment ago. No clock is asked which was earlier: it may jump.
 * - `open`: none goes until then.
 * - `trying`: one goes, and the others follow when it is answered.
 */
export type Circuit = { readonly life: number } & (
  | {
      readonly name: 'closed'
      readonly failures: number
      /** The turn of the newest push that worked. */
      readonly worked: number
    }
  | {
      readonly name: 'open' | 'trying'
      /** ms. */
      readonly until: number
      /** Pauses for failures since it was last closed; each is twice as long as the one before. */
      readonly pauses: number
      readonly reason: PauseReason
    }
)

/** What an answer says about the service as a whole. `unused`: nothing was sent after all. `until` is in ms. */
export type Health =
  | { readonly type: 'works' | 'failed' | 'refused' | 'unused' }
  | { readonly type: 'exhausted'; readonly until: number }

/** Until when a push has to wait (ms), and why. */
export interface Pause {
  readonly until: number
  readonly reason: PauseReason
}

/** A circuit of which nothing is known yet. */
export const CLOSED: Circuit = { name: 'closed', life: 0, failures: 0, worked: -Infinity }

/** Lets a push in, which may change the circuit, or says how long it has to wait. @param now ms */
export function letIn(circuit: Circuit, now: number): Circuit | Pause {
  if (circuit.name === 'closed') return circuit
  const { until, pauses, reason, life } = circuit
  if (until <= now) return { name: 'trying', life: life + 1, until: now + TRIAL_MS, pauses, reason }
  return { until: circuit.name === 'open' ? until : now + TRIAL_LOOK_MS, reason }
}

/**
 * The circuit after what was heard from a push that had gone in in `life`.
 * @param now ms
 * @param turn how many pushes had gone in when it did
 */
export function hear(circuit: Circuit, life: number, health: Health, now: number, turn = 0): Circuit {
  if (life !== circuit.life) return circuit
  const pauses = circuit.name === 'closed' ? 0 : circuit.pauses
  const pause = (until: number, reason: PauseReason, count = pauses): Circuit => ({
    ...{ name: 'open', life: life + 1, until, pauses: count, reason },
  })
  switch (health.type) {
    case 'works':
      return circuit.name === 'closed'
        ? { ...circuit, failures: 0, worked: Math.max(circuit.worked, turn) }
        : { name: 'closed', life: life + 1, failures: 0, worked: turn }
    case 'failed': {
      if (circuit.name === 'closed' && turn < circuit.worked) return circuit
      if (circuit.name === 'closed' && circuit.failures + 1 < TOLERATED)
        return { ...circuit, failures: circuit.failures + 1 }
      const lengthMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pauses)
      return pause(now + lengthMs, 'circuit_open', pauses + 1)
    }
    case 'refused':
      return pause(now + CREDENTIALS_PAUSE_MS, 'credentials_refused')
    case 'exhausted':
      return pause(health.until, 'quota')
    case 'unused':
      return circuit.name === 'trying' ? pause(now, circuit.reason) : circuit
  }
}

/** The circuit as it is by a clock that is `ms` further on. */
const shifted = (circuit: Circuit, ms: number): Circuit =>
  circuit.name === 'closed' ? circuit : { ...circuit, until: circuit.until + ms }

/** What a circuit is for: a provider, or one of the services that it speaks to. */
export interface CircuitName {
  readonly provider: string
  readonly service?: string | undefined
}

/** That a push went in, to be given back with what was heard of it. */
export interface Pass {
  readonly name: CircuitName
  readonly life: number
  /** How many had gone in before. */
  readonly turn: number
}

/** The circuit that a push to this target goes through. */
export function circuitOf(provider: Provider, target: PushTarget): CircuitName {
  return { provider: provider.name, service: provider.serviceOf?.(target) }
}

/**
 * One circuit for each service. While it is open no push goes there: a service that is down gets no storm from us,
 * and a device's other registrations get their turn at once.
 */
export class Circuits {
  readonly #circuits = new Map<string, { readonly name: CircuitName; readonly circuit: Circuit }>()
  #turns = 0

  /** Lets a push in, or says until when it has to wait. A pass has to come back by `hear`. @param now ms */
  enter(name: CircuitName, now: number): Pass | Pause {
    const entered = letIn(this.#of(name), now)
    if (!('life' in entered)) return entered
    this.#keep(name, entered)
    return { name, life: entered.life, turn: this.#turns++ }
  }

  /** Notes what became of a push that went in. @param now ms */
  hear({ name, life, turn }: Pass, health: Health, now: number): void {
    this.#keep(name, hear(this.#of(name), life, health, now, turn))
  }

  /** The clock that pauses were counted by was ahead: they end so much earlier or later. @param ms */
  shift(ms: number): void {
    for (const { name, circuit } of this.#circuits.values()) this.#keep(name, shifted(circuit, ms))
  }

  /** What is left alone now, for the metrics. @param now ms */
  open(now: number): CircuitName[] {
    return [...this.#circuits.values()].flatMap(({ name, circuit }) =>
      circuit.name === 'open' && circuit.until > now ? [name] : [],
    )
  }

  #of(name: CircuitName): Circuit {
    return this.#circuits.get(keyOf(name))?.circuit ?? CLOSED
  }

  #keep(name: CircuitName, circuit: Circuit): void {
    this.#circuits.set(keyOf(name), { name, circuit })
  }
}

const keyOf = ({ provider, service = '' }: CircuitName): string => `${provider} ${service}`
