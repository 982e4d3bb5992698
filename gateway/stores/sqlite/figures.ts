import type { OpenedStore } from './open'
import { getRow } from './statements'

/** How much the store holds. */
export interface Figures {
  readonly users: number
  readonly feeds: number
  readonly messages: number
  readonly storeBytes: number
  readonly writable: boolean
}

/** Counts rows of the small tables; messages are counted by their feeds' heads and never one by one. */
export function readFigures({ store }: OpenedStore): Figures {
  const row = getRow<{ users: number; feeds: number; messages: number }>(
    store.reader,
    `SELECT (SELECT count(*) FROM users) AS users, count(*) AS feeds,
       coalesce(sum(head - first + 1), 0) AS messages FROM feeds`,
  )
  const { users = 0, feeds = 0, messages = 0 } = row ?? {}
  return { users, feeds, messages, storeBytes: store.sizeBytes, writable: store.writable }
}
