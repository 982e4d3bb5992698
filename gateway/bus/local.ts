import type { Bus, BusEventName, BusEvents, BusListener } from '../contracts/bus'

type Listeners = { readonly [Name in BusEventName]: Set<BusListener<Name>> }

/** The bus of a gateway that is alone on its store: whoever tells calls whoever listens. */
export class LocalBus implements Bus {
  readonly #onFault: (error: unknown) => void
  readonly #listeners: Listeners = {
    ...{ appended: new Set(), grew: new Set(), trimmed: new Set(), renewed: new Set() },
    ...{ changed: new Set(), revoked: new Set(), user_ended: new Set(), device_ended: new Set() },
    ...{ joined: new Set(), pushed: new Set(), failed: new Set(), work: new Set(), missed: new Set() },
  }

  /** @param onFault told of what a subscriber throws. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault
  }

  tell<Name extends BusEventName>(name: Name, event: BusEvents[Name]): void {
    const listeners: ReadonlySet<BusListener<Name>> = this.#listeners[name]
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#onFault(error)
      }
    }
  }

  /** Whether this is an event's name: a newer gateway may tell what this one has never heard of. */
  knows(name: string): name is BusEventName {
    return Object.hasOwn(this.#listeners, name)
  }

  on<Name extends BusEventName>(name: Name, listener: BusListener<Name>): () => void {
    const listeners: Set<BusListener<Name>> = this.#listeners[name]
    // A name of its own: who subscribes twice hears twice, and ends one of the two.
    const own: BusListener<Name> = (event) => {
      listener(event)
    }
    listeners.add(own)
    return () => void listeners.delete(own)
  }
}
