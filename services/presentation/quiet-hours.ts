import type { AlertSettings } from './presentation'

const MINUTES_OF_DAY = 24 * 60

/**
 * Whether quiet hours hold at a moment, on this device's own clock. `from` is inside, `to` is not; a span may cross
 * midnight; an empty span (from equals to) is the whole day, since a person who sets both to one time asks for no
 * alerts, not for no quiet hours. A time that is not 'HH:mm' turns quiet hours off.
 */
export function isQuiet(quietHours: AlertSettings['quietHours'], now: Date): boolean {
  if (!quietHours.enabled) return false
  const from = minutesOf(quietHours.from)
  const to = minutesOf(quietHours.to)
  if (from === undefined || to === undefined) return false
  const minute = now.getHours() * 60 + now.getMinutes()
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

/** Minutes since midnight of 'HH:mm'. */
export function minutesOf(time: string): number | undefined {
  const parts = /^(\d{1,2}):(\d{2})$/.exec(time)
  if (!parts) return undefined
  const minutes = Number(parts[1]) * 60 + Number(parts[2])
  return Number(parts[2]) < 60 && minutes < MINUTES_OF_DAY ? minutes : undefined
}
