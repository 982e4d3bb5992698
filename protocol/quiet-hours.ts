/** At this priority a message breaks quiet hours, and waits for no other banner and no other device. */
export const URGENT = 5

const MINUTES_OF_DAY = 24 * 60

/** Times of the day, 'HH:mm' on the clock of the device that set them. */
export interface QuietHours {
  readonly from: string
  readonly to: string
}

/**
 * Whether quiet hours hold at a minute of the day. `from` is inside, `to` is not; a span may cross midnight; an empty span
 * (from equals to) is the whole day, since a person who sets both to one time asks for no alerts, not for no quiet
 * hours. A time that is not 'HH:mm' turns quiet hours off.
 */
export function isQuietMinute({ from, to }: QuietHours, minute: number): boolean {
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  if (begin === undefined || end === undefined) return false
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end
}

/** Minutes since midnight of 'HH:mm'. */
export function minutesOf(time: string): number | undefined {
  const parts = /^(\d{1,2}):(\d{2})$/.exec(time)
  if (!parts) return undefined
  const minutes = Number(parts[1]) * 60 + Number(parts[2])
  return Number(parts[2]) < 60 && minutes < MINUTES_OF_DAY ? minutes : undefined
}
