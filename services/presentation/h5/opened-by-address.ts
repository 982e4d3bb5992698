import { parseTarget } from '../click-inbox'
import type { ClickTarget } from '../presentation'

/**
 * What was clicked while the host's app was closed: its worker opens the app's root with the target in the query, since only the
 * host knows its pages. The address is as it was afterwards, so that a reload opens nothing. Null: nothing was clicked.
 */
export function openedByAddress(
  namespace: string,
  location: Pick<Location, 'href'>,
  history: Pick<History, 'state' | 'replaceState'>,
): ClickTarget | null {
  const url = new URL(location.href)
  const name = `${namespace}-open`
  const said = url.searchParams.get(name)
  if (said === null) return null
  url.searchParams.delete(name)
  history.replaceState(without(name, history.state), '', url.href)
  try {
    return parseTarget(JSON.parse(said))
  } catch {
    // Somebody else's link, or one that was cut.
    return null
  }
}

/** The router of uni's H5 keeps the address in the state too, and puts it back before it goes elsewhere. */
function without(name: string, state: unknown): unknown {
  const { current } = Object(state) as { readonly current?: unknown }
  if (typeof current !== 'string') return state
  const kept = new URL(current, 'http://localhost')
  kept.searchParams.delete(name)
  return { ...(state as object), current: kept.pathname + kept.search + kept.hash }
}
