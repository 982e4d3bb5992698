import { expect, test } from 'vitest'
import { applyChange, emptyInbox, type Change, type Inbox } from '@/services/inbox/inbox'
import { RowBudget, STORED_ROWS } from '@/services/inbox/row-budget'
import { feedState, messages } from '../messages'

const FEED = 'topic:ci'

test('stores no history of a feed whose rows were once dropped: it would leave a hole', () => {
  const changes: Change[] = [
    { type: 'welcome', feeds: [feedState(FEED, 200)] },
    { type: 'gap', feed: FEED, epoch: 'e1', from: 1, to: 100, reason: 'skipped' },
  ]
  const before = changes.reduce<Inbox>((inbox, change) => applyChange(inbox, change).inbox, emptyInbox)
  const arrived: Change = { type: 'messages', feed: FEED, epoch: 'e1', messages: messages(FEED, 101, 200) }
  const applied = applyChange(before, arrived)
  // What is stored of feeds that were left counts until it is dropped.
  const budget = new RowBudget(STORED_ROWS + 200)
  expect(budget.limit(arrived, applied).rows).toHaveLength(100)
  expect(budget.prune(applied.inbox)).toBeDefined()
  const page = { feed: FEED, epoch: 'e1', from: 1, head: 200, messages: messages(FEED, 91, 100) }
  const older = applyChange(applied.inbox, { type: 'history', page })
  expect(older.write.rows).toHaveLength(10)
  expect(budget.limit({ type: 'history', page }, older).rows).toEqual([])
})
