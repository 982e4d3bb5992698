import { asyncApi, Refusal, type Api } from './api'
import type { MiniHost } from './host'

/** 单个 key 1 MB，总计 10 MB: developers.weixin.qq.com/miniprogram/dev/framework/ability/storage.html */
const KEY_LIMIT_BYTES = 1024 * 1024
const TOTAL_LIMIT_BYTES = 10 * 1024 * 1024

/** WeChat's storage of one user and mini-program: JSON by key, with its limits. */
export class MiniStorage {
  readonly #texts = new Map<string, string>()
  #bytes = 0

  /** Of all values; WeChat does not count the keys. */
  get bytes(): number {
    return this.#bytes
  }

  get keys(): string[] {
    return [...this.#texts.keys()]
  }

  /** The value; undefined when there is none. */
  get(key: string): unknown {
    const text = this.#texts.get(key)
    return text === undefined ? undefined : (JSON.parse(text) as unknown)
  }

  /** Throws Refusal when there is no room for it. */
  set(key: string, value: unknown): void {
    const text = JSON.stringify(value ?? '')
    const size = sizeOf(text)
    if (size > KEY_LIMIT_BYTES) throw new Refusal(`data exceed max size ${String(KEY_LIMIT_BYTES)}`)
    const bytes = this.#bytes - this.#sizeAt(key) + size
    if (bytes > TOTAL_LIMIT_BYTES) throw new Refusal('exceed storage max size 10Mb')
    this.#bytes = bytes
    this.#texts.set(key, text)
  }

  remove(key: string): void {
    this.#bytes -= this.#sizeAt(key)
    this.#texts.delete(key)
  }

  clear(): void {
    this.#texts.clear()
    this.#bytes = 0
  }

  #sizeAt(key: string): number {
    const text = this.#texts.get(key)
    return text === undefined ? 0 : sizeOf(text)
  }
}

/** `wx.setStorage` and its like, with the synchronous forms. */
export function openStorage(host: MiniHost): Record<string, Api> {
  const { storage } = host.device
  const keyOf = (key: unknown): string => {
    if (typeof key === 'string' && key !== '') return key
    throw new Refusal('parameter error: parameter.key should be a String that is not empty')
  }
  const calls: Record<string, (key: unknown, data: unknown) => unknown> = {
    setStorage: (key, data) => {
      storage.set(keyOf(key), data)
    },
    getStorage: (key) => storage.get(keyOf(key)),
    removeStorage: (key) => {
      storage.remove(keyOf(key))
    },
    clearStorage: () => {
      storage.clear()
    },
    getStorageInfo: () => ({
      keys: storage.keys,
      currentSize: Math.ceil(storage.bytes / 1024),
      limitSize: TOTAL_LIMIT_BYTES / 1024,
    }),
  }
  const asynchronous = Object.entries(calls).map(([name, run]): [string, Api] => [
    name,
    asyncApi(host, name, ({ key, data }) => {
      const result = run(key, data)
      if (name === 'getStorageInfo') return result
      if (name !== 'getStorage') return {}
      if (result === undefined) throw new Refusal('data not found')
      return { data: result }
    }),
  ])
  const synchronous = Object.entries(calls).map(([name, run]): [string, Api] => [
    `${name}Sync`,
    (key, data) => {
      try {
        const result = host.realm.copy(run(key, data))
        // WeChat answers '' for what is not there.
        return name === 'getStorage' ? (result ?? '') : result
      } catch (error) {
        if (error instanceof Refusal) throw host.realm.error(`${name}Sync:fail ${error.message}`)
        throw error
      }
    },
  ])
  return Object.fromEntries([...asynchronous, ...synchronous])
}

const sizeOf = (text: string): number => Buffer.byteLength(text)
