import { IndexedDbStorage } from './indexed-db'
import { UniKeyValue } from './key-value'
import type { InboxStorage, ListableKeyValue } from './storage'
import { uniStorage } from './uni-storage'

/** What a page of the browser keeps: one of each, for the first list and for the client that comes after it. */
export interface BrowserStorage {
  readonly keyValue: ListableKeyValue
  readonly inbox: InboxStorage
}

let opened: BrowserStorage | null = null

/** The browser's storage. Opening fails never: index.html stands in for what is forbidden, or the first use finds it out. */
export function browserStorage(): BrowserStorage {
  opened ??= {
    keyValue: new UniKeyValue(uniStorage),
    inbox: new IndexedDbStorage(() => globalThis.indexedDB),
  }
  return opened
}
