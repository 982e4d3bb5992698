import { computed, toRefs, type ComputedRef, type ToRefs } from 'vue'
import type { HeraldState } from '../store/state'
import { useHerald } from './instances'
import type { Herald, HeraldMessages } from './types'

/** What the store of Pinia has. */
export interface HeraldStoreSetup extends ToRefs<HeraldState> {
  readonly unread: ComputedRef<number>
  readonly read: HeraldMessages['read']
  readonly readAll: HeraldMessages['readAll']
  readonly hide: HeraldMessages['hide']
  readonly refresh: HeraldMessages['refresh']
  readonly signOut: Herald['signOut']
}

/** Pinia's `defineStore` for a setup store, as far as it is used: the package does not import Pinia. */
type DefineStore<Store> = (id: string, setup: () => HeraldStoreSetup) => Store

/**
 * A store of Pinia over the same state: `export const useHeraldStore = defineHeraldStore(defineStore)`. It is to be read;
 * what changes it are its actions.
 */
export function defineHeraldStore<Store>(defineStore: DefineStore<Store>, id = 'herald'): Store {
  return defineStore(id, () => {
    const { state, unread, messages, signOut } = useHerald()
    const { read, readAll, hide, refresh } = messages
    return { ...toRefs(state), unread: computed(() => unread.value), read, readAll, hide, refresh, signOut }
  })
}
