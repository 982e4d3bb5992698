import type { Bus, BusEventName, BusEvents } from '../../../../gateway/contracts/bus'

/** What an event is when it has been text on its way. */
export const overTheWire = <Name extends BusEventName>(
  _name: Name,
  event: BusEvents[Name],
): BusEvents[Name] => JSON.parse(JSON.stringify(event)) as BusEvents[Name]

/** A bus that carries text: no object comes through it. */
export const wireBus = (bus: Bus): Bus => ({
  tell: (name, event) => {
    bus.tell(name, overTheWire(name, event))
  },
  on: (name, listener) => bus.on(name, listener),
})

/** The end of a wire that one gateway has: its own hear at once, those of the other later, as text, or never. */
export class LinkedBus implements Bus {
  /** Whether what is told is lost on its way to the other end. */
  isCut = false
  readonly #own: Bus
  #other: Bus | undefined

  private constructor(own: Bus) {
    this.#own = own
  }

  /** @param one the bus of a gateway @param two the other's */
  static link(one: Bus, two: Bus): readonly [LinkedBus, LinkedBus] {
    const [first, second] = [new LinkedBus(one), new LinkedBus(two)]
    first.#other = two
    second.#other = one
    return [first, second]
  }

  tell<Name extends BusEventName>(name: Name, event: BusEvents[Name]): void {
    this.#own.tell(name, event)
    if (this.isCut) return
    const text = overTheWire(name, event)
    setImmediate(() => this.#other?.tell(name, text))
  }

  on: Bus['on'] = (name, listener) => this.#own.on(name, listener)
}
