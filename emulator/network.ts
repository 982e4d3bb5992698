/** `plus.networkinfo` codes (html5plus.org/doc/zh_cn/device.html). */
const TYPE_CODES = { none: 1, ethernet: 2, wifi: 3, '2g': 4, '3g': 5, '4g': 6, '5g': 7 }

export type NetworkType = keyof typeof TYPE_CODES

/** The way out of the phone. What is open when it changes is lost, as sockets do not move to another network. */
export class Network {
  #type: NetworkType = 'wifi'
  #before: NetworkType = 'wifi'
  readonly #onChange = new Set<() => void>()
  readonly #connections = new Set<() => void>()

  get type(): NetworkType {
    return this.#type
  }

  get code(): number {
    return TYPE_CODES[this.#type]
  }

  get reachable(): boolean {
    return this.#type !== 'none'
  }

  switchTo(type: NetworkType): void {
    if (type === this.#type) return
    if (type === 'none') this.#before = this.#type
    this.#type = type
    for (const drop of [...this.#connections]) drop()
    for (const changed of [...this.#onChange]) changed()
  }

  airplaneMode(on: boolean): void {
    this.switchTo(on ? 'none' : this.#before)
  }

  onChange(changed: () => void): () => void {
    this.#onChange.add(changed)
    return () => this.#onChange.delete(changed)
  }

  /** Registers a connection to be dropped by the next change; the answer takes it off the list. */
  carry(drop: () => void): () => void {
    this.#connections.add(drop)
    return () => this.#connections.delete(drop)
  }
}
