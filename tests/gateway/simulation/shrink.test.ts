import { describe, expect, test } from 'vitest'
import { shrink } from './shrink'
import type { Cut } from './world'

const OUTAGES = [
  { from: 1000, to: 2000 },
  { from: 5000, to: 6000 },
]
const failure = { invariant: 'presented twice', user: 'u7', detail: '' }

/** A world that fails for u7 when all these people live, all this happens, and the gateway is gone the second time. */
function failing(people: readonly number[], events: readonly string[]) {
  const tried: Cut[] = []
  const all = Array.from({ length: 40 }, (_, index) => `event ${String(index)}`)
  const run = (cut: Cut) => {
    tried.push(cut)
    const fails =
      people.every((one) => cut.lives.includes(one)) &&
      events.every((one) => (cut.events ?? all).includes(one)) &&
      cut.outages.some(({ from }) => from === 5000)
    return Promise.resolve({ events: all, failures: fails ? [failure] : [{ ...failure, user: 'u3' }] })
  }
  return { tried, run }
}

describe('a world that fails', () => {
  test('is cut down to the one who failed, what befell this one, and the outages that it takes', async () => {
    const { tried, run } = failing([7], ['event 3', 'event 31'])
    expect(await shrink(200, failure, OUTAGES, run)).toEqual({
      lives: [7],
      events: ['event 3', 'event 31'],
      outages: [OUTAGES[1]],
    })
    expect(tried.length).toBeLessThan(60)
  })

  test('keeps those without whom it does not fail', async () => {
    const { run } = failing([7, 90, 153], ['event 0'])
    expect(await shrink(200, failure, OUTAGES, run)).toMatchObject({
      lives: [7, 90, 153],
      events: ['event 0'],
    })
  })

  test('is no case when it does not fail again', async () => {
    const { run } = failing([7], ['what never happens'])
    await expect(shrink(8, failure, OUTAGES, run)).rejects.toThrow('does not fail again')
  })
})
