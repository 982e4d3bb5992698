import type { OpenWire, Wire } from '../../../../gateway/bus/wire'

/** A wire in memory, of any number of gateways. What it carries comes later, as text, or never. */
export class MemoryWire {
  /** Whether what is sent is lost. */
  isCut = false
  readonly #roomBytes: number
  readonly #listeners = new Set<(text: string) => void>()

  constructor(roomBytes = 7900) {
    this.#roomBytes = roomBytes
  }

  readonly open: OpenWire = (onText): Promise<Wire> => {
    this.#listeners.add(onText)
    const isOpen = (): boolean => !this.isCut
    return Promise.resolve({
      roomBytes: this.#roomBytes,
      get isOpen() {
        return isOpen()
      },
      send: (text) => {
        if (Buffer.byteLength(text) > this.#roomBytes) throw new Error('the wire has no room for this')
        if (this.isCut) return
        setImmediate(() => {
          for (const listener of this.#listeners) listener(text)
        })
      },
      close: () => {
        this.#listeners.delete(onText)
        return Promise.resolve()
      },
    })
  }
}
