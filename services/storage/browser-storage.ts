import { IndexedDbStorage } from './indexed-db'
import { MemoryKeyValue, UniKeyValue } from './key-value'
import { StorageError, type InboxStorage, type ListableKeyValue } from './storage'
import { uniStorage } from './uni-storage'

/** What a page of the browser keeps: one of each, for the first list and for the client that comes after it. */
export interface BrowserStorage {
  readonly keyValue: ListableKeyValue
  readonly inbox: InboxStorage
}

let opened: BrowserStorage | null = null

/** The browser's storage. Opening fails never: what is forbidden is found out by the first use. */
export function browserStorage(): BrowserStorage {
  opened ??= { keyValue: openKeyValue(), inbox: new IndexedDbStorage(() => globalThis.indexedDB) }
  return opened
}

/** A browser that forbids storage (a sandboxed frame, cookies blocked) still gets a session for this visit. */
function openKeyValue(): ListableKeyValue {
  const keyValue = new UniKeyValue(uniStorage)
  try {
    keyValue.get('herald.session')
    return keyValue
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return new MemoryKeyValue()
  }
}
