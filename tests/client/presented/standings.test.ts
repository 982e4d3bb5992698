import { describe, expect, test } from 'vitest'
import { isPresented, nextStanding, type Happening, type Standing } from '@/services/presented/standings'

const STANDINGS = ['unknown', 'brought', 'waiting', 'brought, waiting', 'due', 'told', 'shown'] as const

/** What a sentence says becomes of each standing, in the order of STANDINGS; "=" is for no change. */
type Row = readonly [sentence: string, happening: Happening, after: readonly (Standing | '=')[]]

const TABLE: readonly Row[] = [
  [
    'a push that comes before its message is remembered, also where the gateway took it for shown, unless it was presented',
    'brought',
    ['brought', '=', 'brought, waiting', '=', '=', 'brought', '='],
  ],
  [
    'a message that is stored before its alert waits, unless it was presented',
    'held',
    ['waiting', 'brought, waiting', '=', '=', '=', '=', '='],
  ],
  [
    'what the gateway tells counts as presented, not where a push was brought, and ends an alert that is under way',
    'told',
    ['told', '=', 'told', '=', 'shown', '=', '='],
  ],
  [
    'a message that is delivered is to be alerted, unless it was presented',
    'due',
    ['due', 'due', 'due', 'due', '=', '=', '='],
  ],
  [
    'an alert that a freeze kept from its surface waits once more',
    'reopened',
    ['=', '=', '=', '=', 'waiting', '=', '='],
  ],
  [
    'a push that comes to the running app is to be alerted, also where the gateway took it for shown, and never twice',
    'unshown',
    ['due', 'due', 'due', 'due', '=', 'due', '='],
  ],
  [
    'what is seen to be shown stays shown',
    'shown',
    ['shown', 'shown', 'shown', 'shown', 'shown', 'shown', '='],
  ],
  [
    'who acks takes anew what waits, and knows what pushes brought',
    'given back',
    ['=', '=', 'unknown', 'brought', '=', '=', '='],
  ],
  [
    'what storage has seen shown is shown, and an alert that is under way goes on',
    'read as shown',
    ['shown', 'shown', 'shown', 'shown', '=', 'shown', '='],
  ],
  [
    'what storage was told of is told, unless this life has seen it',
    'read as told',
    ['told', 'told', 'told', 'told', '=', '=', '='],
  ],
]

describe('how a message stands', () => {
  test.each(TABLE)('%s', (_sentence, happening, after) => {
    const became = STANDINGS.map((standing) => nextStanding(standing, happening))
    expect(became).toEqual(after.map((to, at) => (to === '=' ? STANDINGS[at] : to)))
  })

  test('is presented when an alert is due, told or shown', () => {
    expect(STANDINGS.filter(isPresented)).toEqual(['due', 'told', 'shown'])
  })
})
