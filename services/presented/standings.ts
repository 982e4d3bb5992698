/**
 * How one message stands on this device.
 *
 * | standing           | what is known                                                                                   |
 * | ------------------ | ----------------------------------------------------------------------------------------------- |
 * | `unknown`          | nothing: it is news when it comes                                                               |
 * | `brought`          | a push brought its id to the running app, which no system shows; its message is still to come   |
 * | `waiting`          | its message is stored, and its alert waits until it is sure that no push has shown it           |
 * | `brought, waiting` | both                                                                                            |
 * | `due`              | its alert is on the way to its surface; it counts as presented, and is stored as such before    |
 * | `told`             | only the gateway says that a push has shown it: that push may still come to the running app     |
 * | `shown`            | it was shown here, or decided to be silent; a second alert would be a double                    |
 */
export type Standing = 'unknown' | 'brought' | 'waiting' | 'brought, waiting' | 'due' | 'told' | 'shown'

/** What can happen to a message, as the ledger hears of it. */
export type Happening =
  /** A push brought its id, or a summary's, to the running app, and its message is not here. */
  | 'brought'
  /** Its message was stored, and its alert waits. */
  | 'held'
  /** The gateway says that a push has shown it. */
  | 'told'
  /** Its message came, and its alert is to be raised now. */
  | 'due'
  /** The app was frozen before its alert was raised: it waits once more. */
  | 'reopened'
  /** A push for it came to the running app: what only the gateway said was not so, and its alert is to be raised now. */
  | 'unshown'
  /** It reached its surface, or a push has shown it. */
  | 'shown'
  /** Whoever acks takes anew what its last life had stored and not presented. */
  | 'given back'
  /** Storage says that it was presented. What this life knows of its alert is newer. */
  | 'read as shown'
  /** Storage says that the gateway has told of it. */
  | 'read as told'

const THERE: Readonly<Record<Standing, Standing>> = {
  unknown: 'unknown',
  brought: 'brought',
  waiting: 'waiting',
  'brought, waiting': 'brought, waiting',
  due: 'due',
  told: 'told',
  shown: 'shown',
}

const ANYTHING_NOT_PRESENTED = (next: Standing) => ({
  unknown: next,
  brought: next,
  waiting: next,
  'brought, waiting': next,
})

/** Each line has what changes; all else stays as it is. */
const NEXT: Readonly<Record<Happening, Readonly<Record<Standing, Standing>>>> = {
  // Its push came to the running app, which shows it itself: what only the gateway said of it was not so.
  brought: { ...THERE, unknown: 'brought', waiting: 'brought, waiting', told: 'brought' },
  held: { ...THERE, unknown: 'waiting', brought: 'brought, waiting' },
  // A push that was brought to the app has shown nothing, whatever the gateway took it for.
  told: { ...THERE, unknown: 'told', waiting: 'told', due: 'shown' },
  due: { ...THERE, ...ANYTHING_NOT_PRESENTED('due') },
  reopened: { ...THERE, due: 'waiting' },
  unshown: { ...THERE, ...ANYTHING_NOT_PRESENTED('due'), told: 'due' },
  shown: { ...THERE, ...ANYTHING_NOT_PRESENTED('shown'), due: 'shown', told: 'shown' },
  'given back': { ...THERE, waiting: 'unknown', 'brought, waiting': 'brought' },
  'read as shown': { ...THERE, ...ANYTHING_NOT_PRESENTED('shown'), told: 'shown' },
  'read as told': { ...THERE, ...ANYTHING_NOT_PRESENTED('told') },
}

/** How a message stands after something happened to it. Pure. */
export const nextStanding = (standing: Standing, happening: Happening): Standing => NEXT[happening][standing]

/** Whether a message counts as presented: it comes to no alert by being delivered. */
export const isPresented = (standing: Standing): boolean =>
  standing === 'due' || standing === 'told' || standing === 'shown'

/** Marks an id of which only the gateway says that a push has shown it. */
const TOLD = 'told:'
/** Marks an id that a push brought to the running app, which shows it as soon as it has the message. */
const UNSHOWN = 'unshown:'
/** Marks an id whose message is stored, while it is being settled whether a push has shown it. */
const UNSETTLED = 'unsettled:'
/** Marks an id that is stored as presented, and was not: storage only ever adds. */
const REOPENED = 'reopened:'
/** Marks an id that was reopened, and has been presented since. */
const CLOSED = 'closed:'

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

/** What storage holds of a message whose alert was reopened, as well. */
export const reopenedEntriesOf = (id: string, standing: Standing): readonly string[] => {
  if (standing === 'due' || standing === 'shown') return [REOPENED + id, CLOSED + id]
  return standing === 'unknown' ? [] : [REOPENED + id]
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
  /** Of these it says that they were presented, and they were not. */
  readonly reopened: readonly string[]
}

/** Reads the entries; what was seen counts before what was only told or brought. */
export function readPresented(entries: readonly string[]): PresentedIds {
  const marked = (mark: string) =>
    entries.filter((entry) => entry.startsWith(mark)).map((entry) => entry.slice(mark.length))
  const marks = [TOLD, UNSHOWN, UNSETTLED, REOPENED, CLOSED]
  const closed = new Set(marked(CLOSED))
  const reopened = marked(REOPENED).filter((id) => !closed.has(id))
  const seen = new Set(entries.filter((entry) => !marks.some((mark) => entry.startsWith(mark))))
  // The oldest entries go first, and of these the plain id is the oldest.
  for (const id of closed) seen.add(id)
  for (const id of reopened) seen.delete(id)
  const unshown = marked(UNSHOWN).filter((id) => !seen.has(id))
  // What was told before it was reopened was not so: a push of it came to the running app.
  const holds = (id: string): boolean =>
    !reopened.includes(id) || entries.indexOf(TOLD + id) > entries.indexOf(REOPENED + id)
  const told = marked(TOLD).filter((id) => !seen.has(id) && !unshown.includes(id) && holds(id))
  const unsettled = marked(UNSETTLED).filter((id) => !seen.has(id) && !told.includes(id))
  return { all: [...seen, ...told], told, unshown, unsettled, reopened }
}
