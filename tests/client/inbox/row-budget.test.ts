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

test('stores what a row says anew only where the row itself is stored', () => {
  const [stored, loaded] = [messages(FEED, 101, 200), messages(FEED, 91, 100)]
  const page = { feed: FEED, epoch: 'e1', from: 1, head: 200, messages: loaded }
  const changes: Change[] = [
    { type: 'welcome', feeds: [feedState(FEED, 200)] },
    { type: 'gap', feed: FEED, epoch: 'e1', from: 1, to: 100, reason: 'skipped' },
    { type: 'messages', feed: FEED, epoch: 'e1', messages: stored },
    { type: 'history', page },
  ]
  const budget = new RowBudget(STORED_ROWS - 100)
  let inbox = emptyInbox
  for (const change of changes) {
    const applied = applyChange(inbox, change)
    budget.limit(change, applied)
    inbox = applied.inbox
  }
  const written = [loaded.at(-1), stored[0], messages(FEED, 201, 201)[0]].map((message) => {
    if (!message) throw new Error('no message')
    const revise: Change = { type: 'revise', message: { ...message, body: 'corrected' } }
    const applied = applyChange(inbox, revise)
    const row = applied.inbox.rows.find(({ id }) => id === message.id)
    return [row?.body, budget.limit(revise, applied).rows?.length]
  })
  // The last is not here: nothing is put in its place.
  expect(written).toEqual([
    ['corrected', undefined],
    ['corrected', 1],
    [undefined, undefined],
  ])
})
