/** Marks an id of which only the gateway says that a push has shown it. */
const TOLD = 'told:'

/** How a told id is stored among those that were presented: the service worker, which looks for ids, finds no such one. */
export const toldEntry = (id: string): string => TOLD + id

/** What storage says was presented. `told`: of these no push or alert has been seen on this device; `all` has them too. */
export function readPresented(entries: readonly string[]): { all: string[]; told: string[] } {
  const seen = new Set(entries.filter((entry) => !entry.startsWith(TOLD)))
  const told = entries
    .filter((entry) => entry.startsWith(TOLD))
    .map((entry) => entry.slice(TOLD.length))
    .filter((id) => !seen.has(id))
  return { all: [...seen, ...told], told }
}
