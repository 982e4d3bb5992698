import type { UniStorage } from '@/services/storage/key-value'

const KEY_LIMIT_BYTES = 1024 * 1024
const TOTAL_LIMIT_BYTES = 10 * 1024 * 1024

/**
 * uni storage with WeChat's limits (1 MB a key, 10 MB in all) and its error texts. Script it with `crashAfter(n)`:
 * after n more changes the "process" is dead and every call throws, until `restart()`. `room` is what is left.
 */
export class FakeWxStorage implements UniStorage {
  readonly #values = new Map<string, string>()
  readonly #limit: number
  #changesLeft = Infinity
  #bytes = 0

  constructor(limit = TOTAL_LIMIT_BYTES) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  get largest(): number {
    return Math.max(0, ...[...this.#values.values()].map((text) => Buffer.byteLength(text)))
  }

  crashAfter(changes: number): void {
    this.#changesLeft = changes
  }

  restart(): void {
    this.#changesLeft = Infinity
  }

  getStorageSync(key: string): unknown {
    this.#live()
    return this.#values.get(key) ?? ''
  }

  setStorageSync(key: string, value: string): void {
    this.#change()
    const size = Buffer.byteLength(value)
    const bytes = this.#bytes - Buffer.byteLength(this.#values.get(key) ?? '') + size
    if (size > KEY_LIMIT_BYTES) throw new Error('setStorageSync:fail data exceed max size 1048576')
    if (bytes > this.#limit) throw new Error('setStorageSync:fail exceed storage max size 10Mb')
    this.#bytes = bytes
    this.#values.set(key, value)
  }

  removeStorageSync(key: string): void {
    this.#change()
    this.#bytes -= Buffer.byteLength(this.#values.get(key) ?? '')
    this.#values.delete(key)
  }

  getStorageInfoSync(): { keys: string[] } {
    this.#live()
    return { keys: [...this.#values.keys()] }
  }

  #change(): void {
    this.#live()
    this.#changesLeft--
  }

  #live(): void {
    if (this.#changesLeft <= 0) throw new Error('the process was killed')
  }
}
