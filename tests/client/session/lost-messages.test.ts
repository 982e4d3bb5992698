import { describe, expect, test } from 'vitest'
import { applyChange, emptyInbox, type Change, type Inbox } from '@/services/inbox/inbox'
import { LostMessages } from '@/services/session/lost-messages'
import { feedState, idOf, message, messages } from '../messages'

const FEED = 'user:me'
const TOPIC = 'topic:ci'

/** Applies changes one by one, and answers what was said to be lost after each. */
function follow(inbox: Inbox, changes: readonly Change[]) {
  const lost = new LostMessages()
  const told = changes.map((change) => {
    const before = inbox
    inbox = applyChange(before, change).inbox
    return lost.after(before, inbox).sort()
  })
  return told
}

/** An inbox that holds `1..3` of a feed's first epoch. */
const held = (): Inbox =>
  (
    [
      { type: 'welcome', feeds: [feedState(FEED, 3), feedState(TOPIC, 0)] },
      { type: 'messages', feed: FEED, epoch: 'e1', messages: messages(FEED, 1, 3) },
    ] satisfies Change[]
  ).reduce<Inbox>((inbox, change) => applyChange(inbox, change).inbox, emptyInbox)

/** As the log is after it was restored: seq 1 is what it was, and the rest are new. */
const kept = message(FEED, 1)
const welcome = (head: number, from = 1): Change => ({
  type: 'welcome',
  feeds: [feedState(FEED, head, { epoch: 'e2', from }), feedState(TOPIC, 0)],
})
const reset: Change = { type: 'reset', feed: FEED, epoch: 'e2' }

describe('what a restore has lost', () => {
  test('is known when all that the log has is here, and not before', () => {
    const page: Change = { type: 'messages', feed: FEED, epoch: 'e2', messages: [kept] }
    const next: Change = { type: 'messages', feed: FEED, epoch: 'e2', messages: [message(FEED, 2, {}, 'e2')] }
    expect(follow(held(), [welcome(2), reset, page, next, next])).toEqual([
      ...[[], [], []],
      [idOf(FEED, 2), idOf(FEED, 3)],
      [],
    ])
  })

  test('is all of it when the log is empty', () => {
    expect(follow(held(), [welcome(0), reset])[0]).toEqual([1, 2, 3].map((seq) => idOf(FEED, seq)))
  })

  test('is not what is older than the newest page: it may be in the log', () => {
    const gap: Change = { type: 'gap', feed: FEED, epoch: 'e2', from: 1, to: 5, reason: 'skipped' }
    const young = message(FEED, 6, { time: 1003 }, 'e2')
    const page: Change = { type: 'messages', feed: FEED, epoch: 'e2', messages: [young] }
    expect(follow(held(), [welcome(6), reset, gap, page]).at(-1)).toEqual([idOf(FEED, 3)])
  })

  test('is nothing of a feed that was left, or whose log goes on', () => {
    const left: Change = { type: 'unfollow', feed: FEED }
    expect(follow(held(), [welcome(2), left])).toEqual([[], []])
    expect(follow(held(), [{ type: 'welcome', feeds: [feedState(FEED, 3)] }])).toEqual([[]])
  })
})
