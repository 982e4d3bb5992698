import { isQuietMinute, minutesOf, type QuietHours } from '@herald/protocol'

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a format costs far more than using it, and there are a few hundred zones. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    formats.set(timeZone, format)
  }
  return format
}

/** Whether quiet hours hold at a moment (ms), on the clock of a device's own zone; without a zone, UTC. */
export function isQuietAt(quietHours: QuietHours, timeZone: string | undefined, now: number): boolean {
  const minute = minutesOf(formatOf(timeZone ?? 'UTC').format(now))
  return minute !== undefined && isQuietMinute(quietHours, minute)
}
