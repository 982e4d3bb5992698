import {
  computed,
  getCurrentScope,
  onScopeDispose,
  toValue,
  type ComputedRef,
  type MaybeRefOrGetter,
} from 'vue'
import type { Message } from '@herald/protocol'
import type { MessageFilter } from '../services/inbox/message-list'
import type { ConnectionState } from '../store/state'
import { useHerald } from './instances'
import type { HeraldEvents } from './types'

export { useHerald } from './instances'

/** How many messages are unread: of a feed, or of all. */
export function useUnread(feed?: MaybeRefOrGetter<string | undefined>): ComputedRef<number> {
  const herald = useHerald()
  return computed(() => {
    const wanted = toValue(feed)
    return wanted === undefined ? herald.unread.value : herald.messages.unreadOf(wanted)
  })
}

/** The connection as it is now. */
export function useConnection(): ComputedRef<ConnectionState> {
  const { state } = useHerald()
  return computed(() => ({ ...state.connection }))
}

/** A list of messages, and how it grows. */
export interface InboxView {
  readonly messages: ComputedRef<readonly Message[]>
  readonly unread: ComputedRef<number>
  readonly loading: ComputedRef<boolean>
  /** The code of what failed when older messages were loaded. */
  readonly error: ComputedRef<string | null>
  readonly hasMore: ComputedRef<boolean>
  readonly loadMore: () => Promise<void>
  readonly refresh: () => Promise<void>
}

/** The messages that pass a filter, with what loads more of them. */
export function useInbox(filter?: MaybeRefOrGetter<Partial<MessageFilter> | undefined>): InboxView {
  const { state, unread, messages } = useHerald()
  const wanted = computed(() => toValue(filter) ?? {})
  return {
    messages: computed(() => messages.list(wanted.value)),
    unread: computed(() => {
      const { feed } = wanted.value
      return typeof feed === 'string' ? messages.unreadOf(feed) : unread.value
    }),
    loading: computed(() => {
      const { ready, history } = state.notifications
      return history.loading || (state.session.status !== 'signedOut' && !ready)
    }),
    error: computed(() => state.notifications.history.error),
    hasMore: computed(() => messages.hasOlder(wanted.value)),
    async loadMore() {
      if (messages.hasOlder(wanted.value) && !state.notifications.history.loading)
        await messages.loadOlder(wanted.value)
    },
    refresh: () => messages.refresh(),
  }
}

/** Hears of each message that comes, for as long as the component is there. */
export function onMessage(hear: (event: HeraldEvents['message']) => void): void {
  const stop = useHerald().on('message', hear)
  if (getCurrentScope()) onScopeDispose(stop)
}
