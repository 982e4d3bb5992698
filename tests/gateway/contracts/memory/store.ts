import { clipRanges, countUnread, feedKind, HeraldError, type FeedState } from '@herald/protocol'
import type { Store } from '../../../../gateway/contracts/store'
import type { Bus } from '../../../../gateway/contracts/bus'
import {
  mayRead,
  type SubscriptionEvent,
  type Subscriptions,
} from '../../../../gateway/contracts/subscriptions'
import { NO_LIMITS, type UserLimits } from '../../../../gateway/contracts/user-limits'
import { mergeReads, type Retention } from '../../../../gateway/stores/feed-rules'
import { memoryDevices } from './devices'
import { clearRead, memoryAcks, memoryLedger } from './ledger'
import { memoryNudges } from './nudges'
import { headOf, memoryLog } from './log'
import { memoryDirectory } from './people'
import { State } from './state'

export interface MemoryOptions {
  readonly now?: () => number
  readonly retention?: Retention
  readonly limits?: UserLimits
  readonly bus?: Pick<Bus, 'tell'>
}

const KEEP_ALL: Retention = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxCount: Number.MAX_SAFE_INTEGER }

/** A second store, as small as it gets: it keeps what every contract promises but the disk, and answers later. */
export function openMemoryStore({
  now = Date.now,
  retention = KEEP_ALL,
  limits = NO_LIMITS,
  bus = { tell: () => undefined },
}: MemoryOptions = {}): Store {
  const state = new State(now, bus)
  state.open('all')
  const secrets = new Map<string, string>()
  let known: number | undefined
  return {
    log: memoryLog(state, retention),
    directory: memoryDirectory(state, limits),
    subscriptions: memorySubscriptions(state, limits),
    devices: memoryDevices(state, limits),
    acks: memoryAcks(state),
    pushes: memoryLedger(state),
    nudges: memoryNudges(state),
    secrets: {
      keep: (name, value) =>
        state.step(() => {
          const kept = secrets.get(name) ?? value
          secrets.set(name, kept)
          return kept
        }),
    },
    clock: {
      known: () => state.step(() => known),
      doubt: () => state.step(() => state.next()),
      move: (_, life) => state.step(() => life.at(-1) ?? state.next()),
      believe: (_, at) =>
        state.step(() => {
          known = at
        }),
      forget: () => Promise.resolve(),
    },
    writable: true,
    figures: () =>
      state.step(() => {
        const messages = [...state.feeds.values()].flatMap((feed) => [...feed.messages.values()])
        return {
          ...{ users: state.users.size, feeds: state.feeds.size, messages: messages.length, writable: true },
          storeBytes: JSON.stringify(messages).length,
        }
      }),
    close: () => Promise.resolve(),
  }
}

const rank = { user: 0, all: 1, topic: 2, chat: 3 } as const

function memorySubscriptions(state: State, limits: UserLimits): Subscriptions {
  const tell = (user: string, change: SubscriptionEvent, origin?: string): void => {
    state.bus.tell('changed', { user, change, origin })
  }
  const stateOf = (user: string, name: string): FeedState => {
    const feed = state.feeds.get(name)
    const follow = state.follows.get(user)?.get(name)
    if (!feed || !follow) throw new HeraldError('read_forbidden', 'you do not follow this feed')
    const read = clipRanges(state.readOf(user, name, feed.epoch), feed.from, feed.head)
    return { ...headOf(feed), unread: countUnread(feed.from, feed.head, read), read, muted: follow.muted }
  }
  return {
    feedsOf: (user) =>
      state.step(() =>
        [...(state.follows.get(user)?.keys() ?? [])]
          .filter((feed) => state.feeds.has(feed))
          .map((feed) => stateOf(user, feed))
          .sort((a, b) => rank[feedKind(a.feed)] - rank[feedKind(b.feed)] || (a.feed < b.feed ? -1 : 1)),
      ),
    followOf: (user, feed, epoch) =>
      state.step(() => {
        const follow = state.follows.get(user)?.get(feed)
        return follow && { muted: follow.muted, read: state.readOf(user, feed, epoch) }
      }),
    followers: (feed) => state.step(() => [...state.follows.values()].filter((own) => own.has(feed)).length),
    follow: (user, feed, muted) =>
      state.step(() => {
        if (!mayRead(user, feed)) throw new HeraldError('read_forbidden')
        const owner = state.users.get(user)
        if (state.removed.has(user) || (owner && owner.disabled !== null))
          throw new HeraldError('user_disabled')
        const own = state.follows.get(user) ?? new Map<string, { muted: boolean }>()
        const known = own.get(feed)
        const topics = [...own.keys()].filter((name) => feedKind(name) === 'topic').length
        if (!known && feedKind(feed) === 'topic' && limits.topics > 0 && topics >= limits.topics)
          throw new HeraldError('topic_limit')
        const { epoch, from, head } = state.open(feed)
        if (!known && head >= from) state.reads.set(`${user} ${feed}`, { epoch, ranges: [[from, head]] })
        state.follows.set(user, own.set(feed, { muted: muted ?? known?.muted ?? false }))
        const now = stateOf(user, feed)
        tell(user, { type: 'feed', state: now })
        return now
      }),
    unfollow: (user, feed) =>
      state.step(() => {
        if (feedKind(feed) !== 'topic') throw new HeraldError('feed_required')
        state.reads.delete(`${user} ${feed}`)
        const left = state.follows.get(user)?.delete(feed) === true
        const log = state.feeds.get(feed)
        const isFollowed = [...state.follows.values()].some((own) => own.has(feed))
        if (log && log.head < log.from && !isFollowed) state.feeds.delete(feed)
        if (left) tell(user, { type: 'unfollow', feed })
      }),
    markRead: (user, feed, epoch, ranges, origin) =>
      state.step(() => {
        const { from, head, epoch: present } = stateOf(user, feed)
        if (present !== epoch) throw new HeraldError('epoch_unknown')
        const merged = mergeReads(state.readOf(user, feed, epoch), ranges, { first: from, head })
        const { added } = merged
        state.reads.set(`${user} ${feed}`, { epoch, ranges: merged.ranges })
        const { unread, read } = stateOf(user, feed)
        if (added.length > 0) {
          clearRead(state, user, feed, epoch)
          tell(user, { type: 'read', feed, epoch, ranges: added, unread }, origin)
          state.bus.tell('work', {})
        }
        return { feed, epoch, unread, read }
      }),
  }
}
