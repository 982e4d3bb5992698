/** Words for a moment and a day, without Intl: the App's JSCore and mini-programs may lack it. Times are ms since 1970, shown in local time. */

export type Words = (key: TimeKey, params?: Record<string, string | number>) => string

type TimeKey =
  | 'time.now'
  | 'time.minutes'
  | 'time.hours'
  | 'time.today'
  | 'time.yesterday'
  | 'time.weekdays'
  | 'time.months'
  | 'time.date'
  | 'time.dateYear'
  | 'time.full'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Local midnight of the day that a moment is in. */
export function startOfDay(ms: number): number {
  const date = new Date(ms)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

/** How many calendar days lie between a moment and now: 0 today, 1 yesterday, negative ahead of today. */
export function daysAgo(ms: number, now: number): number {
  // Rounded, because a day of a clock change has 23 or 25 hours.
  return Math.round((startOfDay(now) - startOfDay(ms)) / (24 * HOUR_MS))
}

/** The time of day, as `09:05`. */
export function formatClock(ms: number): string {
  const date = new Date(ms)
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`
}

/** A message's time in a list that has date headings: relative today, the time of day before. */
export function formatTime(words: Words, ms: number, now: number): string {
  if (daysAgo(ms, now) !== 0) return formatClock(ms)
  const passed = now - ms
  if (passed < MINUTE_MS) return words('time.now')
  if (passed < HOUR_MS) return words('time.minutes', { count: Math.floor(passed / MINUTE_MS) })
  return words('time.hours', { count: Math.floor(passed / HOUR_MS) })
}

/** A date heading: Today, Yesterday, a weekday of the last week, or a date. */
export function formatDay(words: Words, ms: number, now: number): string {
  const days = daysAgo(ms, now)
  if (days === 0) return words('time.today')
  if (days === 1) return words('time.yesterday')
  const parts = dateParts(words, ms)
  if (days > 1 && days < 7) return parts.weekday
  return words(parts.year === new Date(now).getFullYear() ? 'time.date' : 'time.dateYear', parts)
}

/** Weekday, date and time in full. */
export function formatFull(words: Words, ms: number): string {
  return words('time.full', { ...dateParts(words, ms), clock: formatClock(ms) })
}

function dateParts(words: Words, ms: number) {
  const date = new Date(ms)
  return {
    weekday: nameAt(words('time.weekdays'), date.getDay()),
    month: nameAt(words('time.months'), date.getMonth()),
    day: date.getDate(),
    year: date.getFullYear(),
  }
}

const nameAt = (names: string, index: number): string => names.split(',')[index] ?? ''

const twoDigits = (value: number): string => String(value).padStart(2, '0')
