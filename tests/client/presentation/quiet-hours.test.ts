import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { minutesOf } from '@herald/protocol'
import { isQuiet } from '@/services/presentation/decide'

const ZONES = [
  'UTC',
  'Asia/Shanghai',
  'America/St_Johns',
  'Pacific/Kiritimati',
  'Europe/Berlin',
  'Australia/Lord_Howe',
]
const originalZone = process.env.TZ
afterEach(() => {
  if (originalZone === undefined) delete process.env.TZ
  else process.env.TZ = originalZone
})

const at = (hours: number, minutes = 0): Date => new Date(2026, 4, 17, hours, minutes)
const hours = (from: string, to: string) => ({ enabled: true, from, to })

describe('quiet hours', () => {
  it.each([
    ['22:00', '07:00', at(21, 59), false],
    ['22:00', '07:00', at(22), true],
    ['22:00', '07:00', at(0), true],
    ['22:00', '07:00', at(6, 59), true],
    ['22:00', '07:00', at(7), false],
    ['09:30', '10:00', at(9, 29), false],
    ['09:30', '10:00', at(9, 30), true],
    ['09:30', '10:00', at(10), false],
    ['00:00', '23:59', at(23, 58), true],
    ['00:00', '23:59', at(23, 59), false],
    ['12:00', '12:00', at(3), true],
    ['nonsense', '12:00', at(3), false],
    ['25:00', '12:00', at(3), false],
    ['10:60', '12:00', at(11), false],
  ])('%s to %s at %s: %s', (from, to, now, quiet) => {
    expect(isQuiet(hours(from, to), now)).toBe(quiet)
    expect(isQuiet({ ...hours(from, to), enabled: false }, now)).toBe(false)
  })

  it.each(ZONES)(
    'follow the clock on the wall in %s, through every hour of a year with its time changes',
    (zone) => {
      process.env.TZ = zone
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 366 * 24 * 60 }),
          fc.nat(1439),
          fc.nat(1439),
          (minute, from, to) => {
            const now = new Date(Date.UTC(2026, 0, 1) + minute * 60_000)
            const clock = new Intl.DateTimeFormat('en-GB', {
              timeZone: zone,
              hour: '2-digit',
              minute: '2-digit',
            }).format(now)
            const wall = minutesOf(clock) ?? Number.NaN
            const span = (to - from + 1440) % 1440 || 1440
            const expected = (wall - from + 1440) % 1440 < span
            expect(isQuiet(hours(text(from), text(to)), now)).toBe(expected)
          },
        ),
      )
    },
  )
})

const text = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
