/** `plus.networkinfo` codes (html5plus.org/doc/zh_cn/device.html). */
const TYPE_CODES = { none: 1, ethernet: 2, wifi: 3, '2g': 4, '3g': 5, '4g': 6, '5g': 7 }

export type NetworkType = keyof typeof TYPE_CODES

/** The sockets that the app has opened or tried to, over all its runs. */
export class SocketLog {
  readonly dials: string[] = []
  #live = 0
  #most = 0

  /** How many the app holds: dialled, and neither broken nor closed by either end. */
  get live(): number {
    return this.#live
  }

  /** The most that it held at once. */
  get most(): number {
    return this.#most
  }

  /** Notes a dial; the answer notes its end, once. */
  dial(url: string): () => void {
    this.dials.push(url)
    this.#live += 1
    this.#most = Math.max(this.#most, this.#live)
    let held = true
    return () => {
      if (held) this.#live -= 1
      held = false
    }
  }
}

/** The way out of the phone. What is open when it changes is lost, as sockets do not move to another network. */
export class Network {
  #type: NetworkType = 'wifi'
  #before: NetworkType = 'wifi'
  readonly #onChange = new Set<() => void>()
  readonly #connections = new Set<() => void>()
  /** What is on its way while the network is stalled, in order. */
  readonly #stuck = new Set<() => void>()
  #stalled = false
  readonly sockets = new SocketLog()

  get type(): NetworkType {
    return this.#type
  }

  get code(): number {
    return TYPE_CODES[this.#type]
  }

  get reachable(): boolean {
    return this.#type !== 'none'
  }

  get stalled(): boolean {
    return this.#stalled
  }

  switchTo(type: NetworkType): void {
    if (type === this.#type) return
    if (type === 'none') this.#before = this.#type
    this.#type = type
    // Another network is another way; what was stuck on the old one is lost.
    this.#stuck.clear()
    this.#stalled = false
    for (const drop of [...this.#connections]) drop()
    for (const changed of [...this.#onChange]) changed()
  }

  airplaneMode(on: boolean): void {
    this.switchTo(on ? 'none' : this.#before)
  }

  /**
   * Stalled, nothing arrives and nothing fails, in either direction, and nobody is told: a tunnel, or a NAT that forgot
   * the phone. Afterwards TCP sends again what was stuck, and it arrives in order.
   */
  stall(on: boolean): void {
    this.#stalled = on
    if (on) return
    for (const task of [...this.#stuck]) {
      this.#stuck.delete(task)
      task()
    }
  }

  /** Runs the task now, or when a stall is over; the answer withdraws it. */
  pass(task: () => void): () => void {
    if (!this.#stalled) {
      task()
      return () => undefined
    }
    // A task of its own, as the same one may be stuck twice.
    const stuck = () => task()
    this.#stuck.add(stuck)
    return () => this.#stuck.delete(stuck)
  }

  /** Resolves when something can pass; rejects when the signal aborts before. */
  passable(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const withdraw = this.pass(resolve)
      signal.addEventListener('abort', () => {
        withdraw()
        reject(new Error('aborted'))
      })
    })
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
