import { describe, expect, test } from 'vitest'
import { applyChange, emptyInbox, type Change, type Inbox } from '@/services/inbox/inbox'
import { STORED_ROWS } from '@/services/inbox/row-budget'
import { MAX_ROWS_AT_TOP, MAX_ROWS_IN_MEMORY, RowWindow } from '@/services/inbox/device-inbox'
import { feedState, messages } from '../messages'

const FEED = 'topic:ci'
const arrival = (first: number, last: number): Change => ({
  type: 'messages',
  feed: FEED,
  epoch: 'e1',
  messages: messages(FEED, first, last),
})

/** Brings messages 1..count in batches, as a device would hold them. */
function receive(window: RowWindow, count: number): { inbox: Inbox; most: number } {
  let { inbox } = applyChange(emptyInbox, { type: 'welcome', feeds: [feedState(FEED, 0)] })
  let most = 0
  for (let first = 1; first <= count; first += 100) {
    const change = arrival(first, first + 99)
    inbox = window.bound(applyChange(inbox, change).inbox, change)
    most = Math.max(most, inbox.rows.length)
  }
  return { inbox, most }
}

describe('the rows in memory', () => {
  test('are the newest, and bounded, however many arrive', () => {
    const { inbox, most } = receive(new RowWindow(), 10_000)
    expect(most).toBeLessThanOrEqual(MAX_ROWS_AT_TOP)
    expect(inbox.rows.length).toBeGreaterThanOrEqual(STORED_ROWS)
    expect(inbox.rows.map(({ seq }) => seq)).toEqual(inbox.rows.map((_, index) => 10_000 - index))
    expect(inbox.feeds[FEED]).toMatchObject({ cursor: 10_000, low: 10_001 - inbox.rows.length, from: 1 })
  })

  test('are bounded too when the first of a feed has a time of next year', () => {
    const window = new RowWindow()
    let { inbox } = applyChange(emptyInbox, { type: 'welcome', feeds: [feedState(FEED, 0)] })
    for (let first = 1; first <= 10_000; first += 100) {
      const change = arrival(first, first + 99)
      for (const row of change.type === 'messages' ? change.messages : [])
        if (row.seq === 1) Object.assign(row, { time: 9_000_000 })
      inbox = window.bound(applyChange(inbox, change).inbox, change)
    }
    expect(inbox.rows.length).toBeLessThanOrEqual(MAX_ROWS_AT_TOP)
    expect(inbox.rows.map(({ seq }) => seq)).toEqual(inbox.rows.map((_, index) => 10_000 - index))
  })

  test('stay while somebody reads below the top, up to a limit', () => {
    const window = new RowWindow()
    window.setReading(true)
    expect(receive(window, 10_000).inbox.rows).toHaveLength(10_000)
    expect(receive(window, MAX_ROWS_IN_MEMORY + 1_000).most).toBe(MAX_ROWS_IN_MEMORY)
    window.setReading(false)
    expect(receive(window, 10_000).most).toBeLessThanOrEqual(MAX_ROWS_AT_TOP)
  })

  test('that were loaded from history are not let go of for being many', () => {
    const window = new RowWindow()
    window.setReading(true)
    const { inbox } = receive(window, 5_000)
    window.setReading(false)
    const read: Change = { type: 'read', feed: FEED, epoch: 'e1', ranges: [[1, 1]] }
    expect(window.bound(inbox, read).rows).toHaveLength(5_000)
    expect(window.bound(inbox, arrival(5_001, 5_001)).rows.length).toBeLessThanOrEqual(MAX_ROWS_AT_TOP)
  })
})
