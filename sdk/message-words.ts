import { lookUp, t, type MessageKey } from '../locale'
import { feedName as nameOf } from '../locale/alert-text'

/** A feed as the interface calls it, in the app's language: the same words as in alerts. */
export const feedName = (feed: string): string => nameOf(feed, lookUp)

const KEYS: readonly MessageKey[] = [
  'priority.lowest',
  'priority.low',
  'priority.normal',
  'priority.high',
  'priority.urgent',
]

/** The word for a priority of 1-5. */
export function priorityWord(priority: number): string {
  return t(KEYS[priority - 1] ?? 'priority.normal')
}
