/** Marks an id of which only the gateway says that a push has shown it. */
const TOLD = 'told:'
/** Marks an id that a push brought to the running app, which shows it as soon as it has the message. */
const UNSHOWN = 'unshown:'

/** Marks an id whose message is stored, while it is being settled whether a push has shown it. */
const UNSETTLED = 'unsettled:'

/** How a told id is stored among those that were presented: the service worker, which looks for ids, finds no such one. */
export const toldEntry = (id: string): string => TOLD + id

/** How an id is stored that a push brought before its message: a restart must not take it for one that was shown. */
export const unshownEntry = (id: string): string => UNSHOWN + id

/** How the id of a message is stored that waits for its alert: a restart finds that it never came to it. */
export const unsettledEntry = (id: string): string => UNSETTLED + id

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
