import { t, type MessageKey } from '@/locale'

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
