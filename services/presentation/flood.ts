import type { Message } from '@herald/protocol'
import type { Alert } from './presentation'

/** More alerts than this within the window become one summary. */
export const MAX_SINGLES = 3

/** How long alerts count together, in ms. */
export const FLOOD_WINDOW_MS = 2_000

/** The same for a catch-up, in ms: a slow network spreads it over many frames. */
export const CATCH_UP_WINDOW_MS = 10_000

export type Summary = Extract<Alert, { kind: 'summary' }>

/** What happened lately. `singles` were shown one by one; while `summarising`, messages were only counted. */
export interface Flood {
  readonly singles: readonly { readonly message: Message; readonly at: number }[]
  readonly summarising: boolean
  /** When the last alert came, in ms. */
  readonly lastAt: number
}

export const noFlood: Flood = { singles: [], summarising: false, lastAt: Number.NEGATIVE_INFINITY }

/** How to show a batch: one by one, or by counting it into the summary. */
export interface Admitted {
  readonly flood: Flood
  readonly singles: readonly Message[]
  readonly summarised: readonly Message[]
  /** Shown one by one a moment ago; the summary now stands for them too. Only when it begins. */
  readonly absorbed: readonly Message[]
  /** The summary begins with this batch, and does not go on. */
  readonly begins: boolean
}

/** Counts a batch of alerts in: pure. A flood goes on for as long as the next alert comes within the window. */
export function admitAlerts(
  flood: Flood,
  batch: readonly Message[],
  now: number,
  catchUp: boolean,
): Admitted {
  const nothing = { flood, singles: [], summarised: [], absorbed: [], begins: false }
  if (batch.length === 0) return nothing
  const windowMs = catchUp ? CATCH_UP_WINDOW_MS : FLOOD_WINDOW_MS
  // A clock that was set back leaves times in the future: they count as now.
  const isRecent = (at: number): boolean => now - at < windowMs
  const counting = { singles: [], summarising: true, lastAt: now }
  if (flood.summarising && isRecent(flood.lastAt)) return { ...nothing, flood: counting, summarised: batch }
  const recent = flood.singles.filter(({ at }) => isRecent(at))
  if (recent.length + batch.length > MAX_SINGLES) {
    const absorbed = recent.map(({ message }) => message)
    return { flood: counting, singles: [], summarised: batch, absorbed, begins: true }
  }
  const singles = [...recent, ...batch.map((message) => ({ message, at: now }))]
  return { ...nothing, flood: { singles, summarising: false, lastAt: now }, singles: batch }
}

/** One line for many messages. The feeds of the latest come first. */
export function summarise(messages: readonly [Message, ...Message[]]): Summary {
  const newest = messages.reduce((best, message) => (message.time >= best.time ? message : best))
  const feeds = new Set([...messages].reverse().map((message) => message.feed))
  return { kind: 'summary', count: messages.length, feeds: [...feeds], newest }
}

/** A summary that goes on. */
export function joinSummaries(older: Summary | null, newer: Summary): Summary {
  if (older === null) return newer
  return {
    kind: 'summary',
    count: older.count + newer.count,
    feeds: [...new Set([...newer.feeds, ...older.feeds])],
    newest: newer.newest.time >= older.newest.time ? newer.newest : older.newest,
  }
}
