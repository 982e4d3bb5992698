import type { Standing } from './standings'

/** Marks an id of which only the gateway says that a push has shown it. */
const TOLD = 'told:'
/** Marks an id that a push brought to the running app, which shows it as soon as it has the message. */
const UNSHOWN = 'unshown:'
/** Marks an id whose message is stored, while it is being settled whether a push has shown it. */
const UNSETTLED = 'unsettled:'

/** How a told id is stored among those that were presented: the service worker, which looks for ids, finds no such one. */
export const toldEntry = (id: string): string => TOLD + id

/**
 * What storage holds of a message: a restart must not take for shown what a push brought before its message, and finds what
 * never came to its alert.
 */
export function entriesOf(id: string, standing: Standing): readonly string[] {
  switch (standing) {
    case 'unknown':
      return []
    case 'brought':
      return [UNSHOWN + id]
    case 'waiting':
      return [UNSETTLED + id]
    case 'brought, waiting':
      return [UNSHOWN + id, UNSETTLED + id]
    case 'told':
      return [toldEntry(id)]
    case 'due':
    case 'shown':
      return [id]
  }
}

/** What storage says of ids. */
export interface PresentedIds {
  /** These count as presented, with those of `told`. */
  readonly all: readonly string[]
  /** Of these no push or alert has been seen on this device. */
  readonly told: readonly string[]
  /** Of these the push has come, and nothing was shown. */
  readonly unshown: readonly string[]
  /** Of these the message is stored, and whoever stored it ended before it was presented. */
  readonly unsettled: readonly string[]
}

/** Reads the entries; what was seen counts before what was only told or brought. */
export function readPresented(entries: readonly string[]): PresentedIds {
  const marked = (mark: string) =>
    entries.filter((entry) => entry.startsWith(mark)).map((entry) => entry.slice(mark.length))
  const marks = [TOLD, UNSHOWN, UNSETTLED]
  const seen = new Set(entries.filter((entry) => !marks.some((mark) => entry.startsWith(mark))))
  const unshown = marked(UNSHOWN).filter((id) => !seen.has(id))
  const told = marked(TOLD).filter((id) => !seen.has(id) && !unshown.includes(id))
  const unsettled = marked(UNSETTLED).filter((id) => !seen.has(id) && !told.includes(id))
  return { all: [...seen, ...told], told, unshown, unsettled }
}
