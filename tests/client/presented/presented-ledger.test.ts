import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_REMEMBERED, PresentedLedger } from '@/services/presented/presented-ledger'
import { readPresented, type Happening, type Standing } from '@/services/presented/standings'
import { MAX_PRESENTED } from '@/services/storage/storage'
import { messages } from '../messages'

/** A ledger in which this happened to message "a", in this order. */
function ledgerAfter(...happenings: readonly Happening[]): PresentedLedger {
  const ledger = new PresentedLedger()
  for (const happening of happenings) ledger.note(happening, ['a'])
  return ledger
}

/** Ids x0, x1, … */
const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `x${String(at)}`)

describe('the ledger of what was presented', () => {
  test.each<[string, Happening[], { presented: boolean; shown: boolean; news: boolean }]>([
    [
      'knows nothing of a message that was never heard of',
      [],
      { presented: false, shown: false, news: true },
    ],
    [
      'counts a message as presented before its alert reaches its surface, and lets that alert through',
      ['due'],
      { presented: true, shown: true, news: true },
    ],
    [
      'lets no second alert through for what has reached its surface',
      ['due', 'shown'],
      { presented: true, shown: true, news: false },
    ],
    [
      'lets no alert through for what a push has shown meanwhile',
      ['due', 'told'],
      { presented: true, shown: true, news: false },
    ],
    [
      'does not take the gateway’s word for having been shown here',
      ['told'],
      { presented: true, shown: false, news: false },
    ],
    [
      'takes the gateway’s word back when the push comes to the running app',
      ['told', 'unshown'],
      { presented: true, shown: true, news: true },
    ],
    [
      'does not count what a push brought as presented, whatever the gateway says',
      ['brought', 'told'],
      { presented: false, shown: false, news: true },
    ],
    [
      'does not count what waits for its alert as presented',
      ['held'],
      { presented: false, shown: false, news: true },
    ],
  ])('%s', (_sentence, happenings, { presented, shown, news }) => {
    const ledger = ledgerAfter(...happenings)
    expect([ledger.isPresented('a'), ledger.hasShown('a'), ledger.isNews('a')]).toEqual([
      presented,
      shown,
      news,
    ])
  })

  test.each<[string, Happening[], readonly string[]]>([
    ['nothing of what it does not know', [], []],
    ['a due alert as presented: a crash loses that alert and nothing is shown twice', ['due'], ['a']],
    ['what was shown as presented', ['shown'], ['a']],
    ['what was only told with a mark, so that its push still counts as the first', ['told'], ['told:a']],
    ['what a push brought with a mark', ['brought'], ['unshown:a']],
    ['what waits with a mark', ['held'], ['unsettled:a']],
    ['both marks of what was brought and waits', ['brought', 'held'], ['unshown:a', 'unsettled:a']],
    [
      'that what it stored as presented was not, when the app froze meanwhile',
      ['due', 'reopened'],
      ['unsettled:a', 'reopened:a'],
    ],
    ['that it was presented after all', ['due', 'reopened', 'due', 'shown'], ['a', 'reopened:a', 'closed:a']],
  ])('stores %s', (_sentence, happenings, entries) => {
    const ledger = ledgerAfter(...happenings)
    expect([ledger.entries(), ledger.entriesOf(['a'])]).toEqual([entries, entries])
  })

  test('answers only the ids of which storage has to hold something else', () => {
    const ledger = new PresentedLedger()
    expect(ledger.note('told', ['a', 'b'])).toEqual(['a', 'b'])
    expect(ledger.note('due', ['a', 'c'])).toEqual(['c'])
    expect(ledger.note('shown', ['b', 'c'])).toEqual(['b'])
  })

  test('says of a restart what the life before stored, whatever happened in it', () => {
    const happening = fc.constantFrom<Happening>('brought', 'held', 'told', 'due', 'unshown', 'shown')
    const afterRestart: Partial<Record<Standing, Standing>> = { due: 'shown' }
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 6 }), (happenings) => {
        const before = ledgerAfter(...happenings)
        const next = new PresentedLedger()
        next.read(before.entries())
        const standing = before.standing('a')
        expect(next.standing('a')).toBe(afterRestart[standing] ?? standing)
      }),
    )
  })

  test('says of a restart what counts as presented, also of storage that has all that was ever noted', () => {
    const happening = fc.constantFrom<Happening>(
      'brought',
      'held',
      'told',
      'due',
      'reopened',
      'unshown',
      'shown',
    )
    fc.assert(
      fc.property(fc.array(fc.array(happening, { maxLength: 5 }), { maxLength: 3 }), (lives) => {
        const stored = new Set<string>()
        for (const happenings of lives) {
          const ledger = new PresentedLedger()
          ledger.read([...stored])
          ledger.giveBack()
          for (const one of happenings)
            for (const entry of ledger.entriesOf(ledger.note(one, ['a']))) stored.add(entry)
          const next = new PresentedLedger()
          next.read([...stored])
          // Told once more after a freeze: storage has that already, and the gateway tells it again.
          if (ledger.standing('a') === 'told' && stored.has('reopened:a')) continue
          // Frozen twice in that moment: it is in the list without an alert, which is better than a second one.
          if (ledger.standing('a') === 'waiting' && stored.has('closed:a')) continue
          expect(next.isPresented('a')).toBe(ledger.isPresented('a'))
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('knows what was presented after all when the oldest of what storage has of it is gone', () => {
    const stored = ['unsettled:a', 'a', 'reopened:a', 'closed:a']
    for (const kept of [stored.slice(1), stored.slice(2), stored.slice(3), ['unsettled:a', 'closed:a']]) {
      const ledger = new PresentedLedger()
      ledger.read(kept)
      expect(ledger.isPresented('a')).toBe(true)
    }
  })

  test('knows the messages that wait by feed and life of the log, until they are let go', () => {
    const ledger = new PresentedLedger()
    const [first, second] = messages('topic:ci', 1, 2)
    if (!first || !second) throw new Error('two messages')
    expect(ledger.hold([first, second], 'e1')).toEqual([first.id, second.id])
    expect(ledger.heldOf('topic:ci', 'e1')).toEqual([first, second])
    expect([...ledger.heldOf('topic:ci', 'e2'), ...ledger.heldOf('all', 'e1')]).toEqual([])
    ledger.release([first.id])
    expect(ledger.heldOf('topic:ci', 'e1')).toEqual([second])
    ledger.giveBack()
    expect(ledger.heldOf('topic:ci', 'e1')).toEqual([])
    expect([ledger.isWaiting(first.id), ledger.isWaiting(second.id)]).toEqual([false, false])
  })

  test('remembers more in one session than storage keeps, and of both the newest', () => {
    const ledger = new PresentedLedger()
    ledger.note('shown', ids(MAX_REMEMBERED + 1))
    expect([ledger.isPresented('x0'), ledger.isPresented('x1')]).toEqual([false, true])
    const stored = readPresented(ledger.entries()).all
    expect(stored).toHaveLength(MAX_PRESENTED)
    expect(stored.at(-1)).toBe(`x${String(MAX_REMEMBERED)}`)
  })
})
