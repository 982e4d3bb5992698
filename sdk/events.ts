import { effectScope, watch } from 'vue'
import type { Message } from '@herald/protocol'
import { unreadOf, unreadTotal } from '../services/inbox/message-list'
import type { HeraldCore } from '../store/core'
import type { HeraldState, NotificationsState } from '../store/state'
import type { HeraldEvents } from './types'

type Hear<Name extends keyof HeraldEvents> = (event: HeraldEvents[Name]) => void

/** What no state tells of: it is told when it happens. */
type Told = 'open' | 'error'

/** How many errors are kept for whoever listens first. */
const MAX_UNHEARD = 16

/** What a host hears. What is of the state is watched for as long as somebody listens, and costs nothing else. */
export class EventHub {
  readonly #state: HeraldState
  readonly #told: { readonly [Name in Told]: Set<Hear<Name>> } = { open: new Set(), error: new Set() }
  /** A phone's client starts before anybody can listen. */
  #unheard: HeraldEvents['error'][] = []

  constructor({ writer }: Pick<HeraldCore, 'writer'>) {
    this.#state = writer.state
  }

  /** Until what it returns is called. `catchUp`: whoever listens has waited, and hears at once how it stands. */
  on<Name extends keyof HeraldEvents>(event: Name, hear: Hear<Name>, catchUp = false): () => void {
    const state = this.#state
    const watchers: { [Each in keyof HeraldEvents]: (hear: Hear<Each>) => () => void } = {
      open: (open) => this.#add('open', open),
      error: (error) => this.#addToErrors(error),
      message: (message) => watchMessages(state, message),
      unread: (unread) => watchUnread(state, unread, catchUp),
      connection: (connection) => watchCopy(() => state.connection, connection, catchUp),
      session: (session) => watchCopy(() => state.session, session, catchUp),
    }
    const scope = effectScope(true)
    const stop = scope.run(() => watchers[event](hear))
    return () => {
      stop?.()
      scope.stop()
    }
  }

  emit<Name extends Told>(event: Name, given: HeraldEvents[Name]): void {
    if (event === 'error' && !this.isHeard('error') && this.#unheard.length < MAX_UNHEARD)
      this.#unheard.push(given as HeraldEvents['error'])
    for (const hear of this.#told[event]) hear(given)
  }

  isHeard(event: Told): boolean {
    return this.#told[event].size > 0
  }

  #addToErrors(hear: Hear<'error'>): () => void {
    const unheard = this.#unheard
    this.#unheard = []
    for (const error of unheard) hear(error)
    return this.#add('error', hear)
  }

  #add<Name extends Told>(event: Name, hear: Hear<Name>): () => void {
    const hearers: Set<Hear<Name>> = this.#told[event]
    // One function that listens twice is two listeners.
    const own: Hear<Name> = (given) => {
      hear(given)
    }
    hearers.add(own)
    return () => {
      hearers.delete(own)
    }
  }
}

/** Tells of each change by a copy: the state itself goes on changing. */
function watchCopy<Part extends object>(
  part: () => Part,
  hear: (copy: Part) => void,
  immediate: boolean,
): () => void {
  return watch(() => ({ ...part() }), hear, { immediate })
}

function watchUnread(state: HeraldState, hear: Hear<'unread'>, immediate: boolean): () => void {
  return watch(
    () => unreadTotal(state.notifications),
    (total) => {
      const { feeds } = state.notifications
      const byFeed = Object.fromEntries(
        Object.keys(feeds).map((feed) => [feed, unreadOf(state.notifications, feed)]),
      )
      hear({ total, byFeed })
    },
    { immediate },
  )
}

/**
 * Tells of what a feed has further up than before, in the order of the feed. What storage held, and what a person has just
 * come to follow, is no news. Fresh is what the log did not hold yet when the connection was last made.
 */
function watchMessages(state: HeraldState, hear: Hear<'message'>): () => void {
  let heads = headsOf(state.notifications)
  const stopLive = watch(
    () => state.connection.name,
    (name) => {
      if (name === 'live') heads = headsOf(state.notifications)
    },
    { flush: 'sync' },
  )
  const stopFeeds = watch(
    () => [state.notifications.feeds, state.notifications.ready] as const,
    ([feeds], [before, wasReady]) => {
      if (!wasReady) return
      for (const message of arrivals(state.notifications, before))
        hear({ message, fresh: message.seq > (heads[message.feed] ?? feeds[message.feed]?.head ?? 0) })
    },
  )
  return () => {
    stopLive()
    stopFeeds()
  }
}

const headsOf = ({ feeds }: NotificationsState): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.values(feeds).map(({ feed, head }) => [feed, head]))

/** The rows that have come above what a feed held before, the oldest first. */
function arrivals({ feeds, rows }: NotificationsState, before: NotificationsState['feeds']): Message[] {
  const held = new Map<string, number>()
  for (const { feed, epoch, cursor } of Object.values(feeds)) {
    const known = before[feed]
    if (known?.epoch === epoch && known.cursor < cursor) held.set(feed, known.cursor)
  }
  if (held.size === 0) return []
  return rows.filter(({ feed, seq }) => seq > (held.get(feed) ?? Number.POSITIVE_INFINITY)).reverse()
}
