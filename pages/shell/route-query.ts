import { onLoad } from '@dcloudio/uni-app'
import { shallowRef, type ShallowRef } from 'vue'
// #ifdef H5
import { onUnmounted } from 'vue'
// #endif

/** The parameters of a page's address. */
export type RouteQuery = Readonly<Record<string, string>>

/**
 * The parameters of the page's address as they are now; null until uni has told them. On H5 the address may change under a
 * page that is open, by hand, by a link, by back and forward: uni then shows the same page again, and tells `onLoad` nothing.
 */
export function useRouteQuery(): Readonly<ShallowRef<RouteQuery | null>> {
  const query = shallowRef<RouteQuery | null>(null)
  onLoad((given) => {
    query.value = textsOf(given ?? {})
  })
  // #ifdef H5
  const own = placeOf(location.hash, history.state)
  const follow = (): void => {
    if (placeOf(location.hash, history.state) === own) query.value = readQuery(location.hash)
  }
  window.addEventListener('hashchange', follow)
  onUnmounted(() => {
    window.removeEventListener('hashchange', follow)
  })
  // #endif
  return query
}

const textsOf = (given: Readonly<Record<string, unknown>>): RouteQuery =>
  Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )

// #ifdef H5
/**
 * By what uni tells its pages apart: the path, and a number that it keeps in the browser's history. An entry that a person made
 * has none, and counts as 1.
 * @param address for instance `#/pages/message/message?id=m1`
 */
export function placeOf(address: string, state: unknown): string {
  const id = typeof state === 'object' && state !== null && '__id__' in state ? Number(state.__id__) : 1
  return `${address.replace(/^#/, '').replace(/\?.*$/, '')} ${String(id)}`
}

/** The parameters of such an address. */
export function readQuery(address: string): RouteQuery {
  const at = address.indexOf('?')
  return at < 0 ? {} : Object.fromEntries(new URLSearchParams(address.slice(at + 1)))
}
// #endif
