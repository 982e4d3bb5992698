import { describe, expect, it } from 'vitest'
import { BANNER_MIN_MS, BANNER_MS, BannerQueue, STALE_MS } from '@/services/presentation/banner-queue'
import { summarise } from '@/services/presentation/flood'
import { alertOf, FakeBanner, HandClock, message } from './fixtures'

function openQueue() {
  const banner = new FakeBanner()
  const clock = new HandClock()
  return { banner, clock, queue: new BannerQueue(banner, clock) }
}

describe('the banner', () => {
  it('goes by itself after a while', () => {
    const { banner, clock, queue } = openQueue()
    queue.show(alertOf(1))
    clock.advance(BANNER_MS - 1)
    expect(banner.current).toEqual(alertOf(1))
    clock.advance(1)
    expect(banner.current).toBeNull()
    expect(clock.timers).toBe(0)
  })

  it('shows the next one when the one before could be read', () => {
    const { banner, clock, queue } = openQueue()
    queue.show(alertOf(1))
    queue.show(alertOf(2))
    queue.show(alertOf(3))
    clock.advance(BANNER_MIN_MS - 1)
    expect(banner.current).toEqual(alertOf(1))
    clock.advance(1)
    expect(banner.current).toEqual(alertOf(2))
    clock.advance(BANNER_MIN_MS)
    expect(banner.current).toEqual(alertOf(3))
    clock.advance(BANNER_MS)
    expect(banner.current).toBeNull()
  })

  it('gives way at once when it was shown long enough already', () => {
    const { banner, clock, queue } = openQueue()
    queue.show(alertOf(1))
    clock.advance(BANNER_MIN_MS + 500)
    queue.show(alertOf(2))
    clock.advance(0)
    expect(banner.current).toEqual(alertOf(2))
  })

  it('gives way to a summary at once, which stands for all that wait', () => {
    const { banner, clock, queue } = openQueue()
    queue.show(alertOf(1))
    queue.show(alertOf(2))
    const summary = summarise([message(1), message(2), message(3), message(4)])
    queue.show(summary)
    expect(banner.current).toEqual(summary)
    clock.advance(BANNER_MS)
    expect(banner.shown).toEqual([alertOf(1), summary])
    expect(banner.current).toBeNull()
  })

  it('gives way to an urgent message at once, and comes back when nobody can have read it', () => {
    const { banner, clock, queue } = openQueue()
    const [urgent, alsoUrgent] = [alertOf(8, { priority: 5 }), alertOf(9, { priority: 5 })]
    queue.show(alertOf(1))
    queue.show(alertOf(2))
    queue.show(urgent)
    expect(banner.current).toEqual(urgent)
    queue.show(alsoUrgent)
    expect(banner.current).toEqual(urgent)
    queue.dismiss()
    expect(banner.current).toEqual(alsoUrgent)
    queue.dismiss()
    expect(banner.current).toEqual(alertOf(1))
    clock.advance(BANNER_MIN_MS)
    expect(banner.current).toEqual(alertOf(2))
  })

  it('of an urgent message stays until it is dismissed, whatever comes meanwhile', () => {
    const { banner, clock, queue } = openQueue()
    const urgent = alertOf(8, { priority: 5 })
    const summary = summarise([message(1), message(2)])
    queue.show(urgent)
    clock.advance(3_600_000)
    queue.show(alertOf(1))
    queue.show(summary)
    clock.advance(BANNER_MS - 1)
    expect(banner.current).toEqual(urgent)
    queue.dismiss()
    expect(banner.current).toEqual(summary)
    clock.advance(BANNER_MS)
    expect(banner.current).toBeNull()
    expect(clock.timers).toBe(0)
  })

  it('does not play what has long waited behind an urgent message', () => {
    const { banner, clock, queue } = openQueue()
    queue.show(alertOf(8, { priority: 5 }))
    queue.show(alertOf(1))
    clock.advance(STALE_MS)
    queue.show(alertOf(2))
    queue.dismiss()
    expect(banner.current).toEqual(alertOf(2))
    clock.advance(BANNER_MS)
    expect(banner.shown).toHaveLength(2)
  })

  it('of an urgent message that nobody put away goes to the tray with the app', () => {
    const { banner, clock, queue } = openQueue()
    queue.show(alertOf(8, { priority: 5 }))
    clock.advance(3_600_000)
    expect(queue.takeUnread()).toEqual([alertOf(8, { priority: 5 })])
    expect(banner.current).toBeNull()
  })

  it('does not come back after an urgent message when it was long enough on show', () => {
    const { banner, clock, queue } = openQueue()
    queue.show(alertOf(1))
    clock.advance(BANNER_MIN_MS)
    queue.show(alertOf(2, { priority: 5 }))
    expect(banner.current).toEqual(alertOf(2, { priority: 5 }))
    queue.dismiss()
    expect(banner.current).toBeNull()
    expect(banner.shown).toHaveLength(2)
  })

  it('shows the next one when the user takes it away', () => {
    const { banner, queue } = openQueue()
    queue.show(alertOf(1))
    queue.show(alertOf(2))
    queue.dismiss()
    expect(banner.current).toEqual(alertOf(2))
    queue.dismiss()
    queue.dismiss()
    expect(banner.current).toBeNull()
  })

  it('leaves out what was read meanwhile', () => {
    const { banner, clock, queue } = openQueue()
    for (const number of [1, 2, 3]) queue.show(alertOf(number))
    queue.remove(new Set([message(1).id, message(2).id]))
    expect(banner.shown).toEqual([alertOf(1), alertOf(3)])
    clock.advance(BANNER_MS)
    expect(banner.current).toBeNull()
  })

  it('gives what nobody can have read when the app leaves', () => {
    const { banner, clock, queue } = openQueue()
    for (const number of [1, 2, 3]) queue.show(alertOf(number))
    clock.advance(BANNER_MIN_MS - 1)
    expect(queue.takeUnread()).toEqual([alertOf(1), alertOf(2), alertOf(3)])
    queue.show(alertOf(4))
    clock.advance(BANNER_MIN_MS)
    expect(queue.takeUnread()).toEqual([])
    expect(banner.current).toBeNull()
    expect(clock.timers).toBe(0)
  })

  it('does not stay for hours when the clock is set back', () => {
    const banner = new FakeBanner()
    const clock = new HandClock()
    const queue = new BannerQueue(banner, clock)
    queue.show(alertOf(1))
    clock.advance(-3_600_000)
    queue.show(alertOf(2))
    clock.advance(BANNER_MIN_MS)
    expect(banner.current).toEqual(alertOf(2))
  })
})
