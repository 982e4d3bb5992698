import { IndexedDbStorage } from './indexed-db'
import { UniKeyValue } from './key-value'
import type { InboxStorage, ListableKeyValue } from './storage'
import { uniStorage } from './uni-storage'

/** What a page of the browser keeps: one of each, for the first list and for the client that comes after it. */
export interface BrowserStorage {
  readonly keyValue: ListableKeyValue
  readonly inbox: InboxStorage
}

const opened = new Map<string, BrowserStorage>()

/** The browser's storage of one namespace. Opening fails never: index.html stands in for what is forbidden, or the first use finds it out. */
export function browserStorage(namespace: string): BrowserStorage {
  const known = opened.get(namespace)
  if (known) return known
  const storage = {
    keyValue: new UniKeyValue(uniStorage, namespace),
    inbox: new IndexedDbStorage(() => globalThis.indexedDB, namespace),
  }
  opened.set(namespace, storage)
  return storage
}
