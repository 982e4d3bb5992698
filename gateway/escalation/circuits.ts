import type { Provider, PushTarget } from '../providers/provider'
import { CLOSED, hear, letIn, type Circuit, type Health, type Pause } from './circuit'

/** What a circuit is for: a provider, or one of the services that it speaks to. */
export interface CircuitName {
  readonly provider: string
  readonly service?: string | undefined
}

/** That a push went in, to be given back with what was heard of it. */
export interface Pass {
  readonly name: CircuitName
  readonly life: number
  /** ms */
  readonly begun: number
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

  /** Lets a push in, or says until when it has to wait. A pass has to come back by `hear`. @param now ms */
  enter(name: CircuitName, now: number): Pass | Pause {
    const entered = letIn(this.#of(name), now)
    if (!('life' in entered)) return entered
    this.#keep(name, entered)
    return { name, life: entered.life, begun: now }
  }

  /** Notes what became of a push that went in. @param now ms */
  hear({ name, life, begun }: Pass, health: Health, now: number): void {
    this.#keep(name, hear(this.#of(name), life, health, now, begun))
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
