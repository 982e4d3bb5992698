import { describe, expect, it } from 'vitest'
import { daysAgo, formatClock, formatDay, formatFull, formatTime } from '@/locale/format'
import { translate, type Language, type MessageKey, type Params } from '@/locale'

const wordsOf = (language: Language) => (key: string, params?: Params) =>
  translate(language, key as MessageKey, params)
const en = wordsOf('en')
const zh = wordsOf('zh-Hans')
const at = (year: number, month: number, day: number, hour = 12, minute = 0): number =>
  new Date(year, month - 1, day, hour, minute).getTime()

// A Friday.
const NOW = at(2026, 11, 20, 14, 30)

describe('times in words', () => {
  it('counts calendar days, not spans of 24 hours', () => {
    expect(daysAgo(at(2026, 11, 19, 23, 59), at(2026, 11, 20, 0, 1))).toBe(1)
    expect(daysAgo(at(2026, 11, 20, 0, 0), at(2026, 11, 20, 23, 59))).toBe(0)
    expect(daysAgo(at(2026, 11, 21), NOW)).toBe(-1)
  })

  it('counts a day of a clock change as one day', () => {
    for (let day = 1; day < 365; day += 1) {
      const noon = new Date(2026, 0, day, 12).getTime()
      const nextNoon = new Date(2026, 0, day + 1, 12).getTime()
      expect(daysAgo(noon, nextNoon)).toBe(1)
    }
  })

  it.each([
    [NOW, 'just now', '刚刚'],
    [NOW - 59_000, 'just now', '刚刚'],
    [NOW - 60_000, '1 min ago', '1 分钟前'],
    [NOW - 59 * 60_000, '59 min ago', '59 分钟前'],
    [NOW - 60 * 60_000, '1 h ago', '1 小时前'],
    [at(2026, 11, 20, 0, 0), '14 h ago', '14 小时前'],
    [at(2026, 11, 19, 9, 5), '09:05', '09:05'],
    [NOW + 30_000, 'just now', '刚刚'],
  ])('tells %d as “%s” and “%s”', (time, english, chinese) => {
    expect(formatTime(en, time, NOW)).toBe(english)
    expect(formatTime(zh, time, NOW)).toBe(chinese)
  })

  it.each([
    [at(2026, 11, 20), 'Today', '今天'],
    [at(2026, 11, 19), 'Yesterday', '昨天'],
    [at(2026, 11, 16), 'Monday', '星期一'],
    [at(2026, 11, 14), 'Saturday', '星期六'],
    [at(2026, 11, 13), '13 November', '11月13日'],
    [at(2025, 12, 31), '31 December 2025', '2025年12月31日'],
    [at(2026, 11, 21), '21 November', '11月21日'],
  ])('heads the day of %d as “%s” and “%s”', (time, english, chinese) => {
    expect(formatDay(en, time, NOW)).toBe(english)
    expect(formatDay(zh, time, NOW)).toBe(chinese)
  })

  it('writes a moment in full', () => {
    expect(formatFull(en, NOW)).toBe('Friday, 20 November 2026, 14:30')
    expect(formatFull(zh, NOW)).toBe('2026年11月20日 星期五 14:30')
  })

  it('writes the time of day with two digits', () => {
    expect(formatClock(at(2026, 1, 1, 7, 3))).toBe('07:03')
  })
})
