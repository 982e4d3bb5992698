import { feedKind, feedLabel, HeraldError, type Message } from '@herald/protocol'
import type { FeedHead, FeedLog, PageRequest } from '../../../../gateway/contracts/feed-log'
import { nextTime, type Retention } from '../../../../gateway/stores/feed-rules'
import { IDEMPOTENCY_WINDOW_MS } from '../../../../gateway/stores/kept'
import { openMessageIds } from '../../../../gateway/stores/message-id'
import { mayLie } from '../../../../gateway/stores/push-rules'
import { openSweep } from './ledger'
import type { Feed, State } from './state'

export const headOf = ({ feed, epoch, from, head }: Feed): FeedHead => ({ feed, epoch, from, head })

function page(feed: Feed | undefined, request: PageRequest): Message[] {
  const all = [...(feed?.messages.values() ?? [])]
  if ('after' in request) return all.filter(({ seq }) => seq > request.after).slice(0, request.limit)
  return all.filter(({ seq }) => seq < request.before).slice(-request.limit)
}

export function memoryLog(state: State, retention: Retention): FeedLog {
  const newId = openMessageIds()

  /** The last seq that retention does not keep. */
  const goneOf = ({ messages, head, from }: Feed, now: number | undefined): number => {
    const byCount = head - retention.maxCount
    const isYoung = ({ time }: Message): boolean => now === undefined || time >= now - retention.maxAgeMs
    const young = [...messages.values()].find(isYoung)
    return Math.max(byCount, (young?.seq ?? head + 1) - 1, from - 1)
  }

  return {
    append: (name, content, key) =>
      state.step(() => {
        if (feedKind(name) === 'user' && state.removed.has(feedLabel(name)))
          throw new HeraldError('user_not_found')
        const scoped = key && `${key.scope} ${key.key}`
        const known = scoped === undefined ? undefined : state.publishes.get(scoped)
        if (known && known.fingerprint !== key?.fingerprint) throw new HeraldError('idempotency_conflict')
        if (known) return { ...known.answer, repeated: true }
        const feed = state.open(name)
        const now = state.now()
        const seq = (feed.head += 1)
        const time = nextTime(feed.lastTime, now)
        feed.lastTime = time
        const message = { id: newId(now), feed: name, seq, time, ...content }
        feed.messages.set(seq, message)
        const answer = { id: message.id, feed: name, epoch: feed.epoch, seq, time, repeated: false }
        if (scoped !== undefined && key)
          state.publishes.set(scoped, { fingerprint: key.fingerprint, answer, time: now })
        openSweep(state, name, feed.epoch, seq)
        state.bus.tell('appended', { head: headOf(feed), messages: [message] })
        state.bus.tell('work', {})
        return answer
      }),
    read: (feed, request) => state.step(() => page(state.feeds.get(feed), request)),
    readJson: (feed, request) =>
      state.step(() => {
        const messages = page(state.feeds.get(feed), request)
        const [first, last] = [messages[0], messages.at(-1)]
        if (!first || !last) return undefined
        const json = messages.map((message) => JSON.stringify(message)).join(',')
        return { first: first.seq, last: last.seq, json }
      }),
    head: (feed) =>
      state.step(() => {
        const known = state.feeds.get(feed)
        return known && headOf(known)
      }),
    open: (feed) => state.step(() => headOf(state.open(feed))),
    find: (id) =>
      state.step(() => {
        const all = [...state.feeds.values()].flatMap(({ messages }) => [...messages.values()])
        return all.find((message) => message.id === id)
      }),
    topics: (limit) =>
      state.step(() =>
        [...state.feeds.values()]
          .filter(({ feed, head, from }) => feedKind(feed) === 'topic' && head >= from)
          .sort((a, b) => b.lastTime - a.lastTime)
          .slice(0, limit)
          .map(({ feed, head, from, lastTime }) => ({ feed, messages: head - from + 1, lastTime })),
      ),
    trim: (now) =>
      state.step(() => {
        let dropped = 0
        for (const feed of state.feeds.values()) {
          const gone = goneOf(feed, now)
          if (gone < feed.from) continue
          dropped += gone - feed.from + 1
          for (let seq = feed.from; seq <= gone; seq += 1) feed.messages.delete(seq)
          feed.from = gone + 1
          state.bus.tell('trimmed', { head: headOf(feed) })
        }
        const isFollowed = (name: string): boolean => [...state.follows.values()].some((own) => own.has(name))
        for (const { feed, from, head } of state.feeds.values())
          if (head < from && feedKind(feed) === 'topic' && !isFollowed(feed)) state.feeds.delete(feed)
        for (const [key, { time }] of state.publishes)
          if (now !== undefined && time < now - IDEMPOTENCY_WINDOW_MS) state.publishes.delete(key)
        return dropped
      }),
    renewEpochs: () =>
      state.step(() => {
        for (const feed of state.feeds.values()) {
          const before = feed.epoch
          feed.epoch = `e${String(state.next())}`
          for (const [key, read] of state.reads)
            if (key.endsWith(` ${feed.feed}`)) state.reads.set(key, { ...read, epoch: feed.epoch })
          for (const [key, row] of state.pushes) {
            const mayShow = row.accepted !== null || mayLie(row)
            if (row.feed !== feed.feed || row.epoch !== before || !mayShow) continue
            state.pushes.delete(key)
            state.pushes.set(key.replace(` ${before} `, ` ${feed.epoch} `), { ...row, epoch: feed.epoch })
          }
        }
        state.sweeps.clear()
        state.bus.tell('renewed', {})
      }),
  }
}
