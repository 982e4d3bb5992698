import { StorageError, type ListableKeyValue } from './storage'

/** The part of `uni` that is used: the same on every platform, but not its failures. */
export interface UniStorage {
  getStorageSync(key: string): unknown
  setStorageSync(key: string, value: string): void
  removeStorageSync(key: string): void
  getStorageInfoSync(): { keys?: string[] }
}

/**
 * Small values in uni's storage. They are kept as one JSON text, since uni answers '' for a missing key and
 * has its own ideas of types. H5 and mini-programs throw when full; the App swallows the error
 * (uni-app-plus setStorageSync has an empty catch), so every write is read back. A host's app keeps its own values in the same
 * storage: ours have the namespace before their keys.
 */
export class UniKeyValue implements ListableKeyValue {
  readonly #storage: UniStorage
  readonly #prefix: string

  constructor(storage: UniStorage, namespace: string) {
    this.#storage = storage
    this.#prefix = `${namespace}.`
  }

  get<T>(key: string): T | undefined {
    const text = attempt('read', () => this.#storage.getStorageSync(this.#prefix + key))
    if (typeof text !== 'string' || text === '') return undefined
    try {
      return (JSON.parse(text) as { value: T }).value
    } catch {
      // Not ours, or half written by a platform that was killed: the same as never written.
      return undefined
    }
  }

  set(key: string, value: unknown): void {
    const text = JSON.stringify({ value })
    attempt('write', () => {
      this.#storage.setStorageSync(this.#prefix + key, text)
    })
    if (attempt('read', () => this.#storage.getStorageSync(this.#prefix + key)) !== text) {
      throw new StorageError('full', 'a value was not kept')
    }
  }

  remove(key: string): void {
    attempt('remove', () => {
      this.#storage.removeStorageSync(this.#prefix + key)
    })
  }

  keys(): readonly string[] {
    const all = attempt('list', () => this.#storage.getStorageInfoSync()).keys ?? []
    return all.filter((key) => key.startsWith(this.#prefix)).map((key) => key.slice(this.#prefix.length))
  }
}

/** Values until the app ends: for a browser that forbids storage, and for tests. */
export class MemoryKeyValue implements ListableKeyValue {
  readonly #values = new Map<string, string>()

  get<T>(key: string): T | undefined {
    const text = this.#values.get(key)
    return text === undefined ? undefined : (JSON.parse(text) as { value: T }).value
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, JSON.stringify({ value }))
  }

  remove(key: string): void {
    this.#values.delete(key)
  }

  keys(): readonly string[] {
    return [...this.#values.keys()]
  }
}

function attempt<Result>(step: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw new StorageError(problemOf(error), `could not ${step} a value`, { cause: error })
  }
}

/** H5 throws a DOMException by name; WeChat an Error whose text has "exceed" in it, or an object with errMsg. */
function problemOf(error: unknown): 'full' | 'unavailable' | 'failed' {
  // `name` is looked for and not DOMException, which mini-programs and the App have not.
  const named = typeof error === 'object' && error !== null && 'name' in error ? error.name : ''
  const name = typeof named === 'string' ? named : ''
  if (name === 'SecurityError') return 'unavailable'
  const text = error instanceof Error ? error.message : JSON.stringify(error)
  return name === 'QuotaExceededError' || /quota|exceed|max size|full/i.test(text) ? 'full' : 'failed'
}
