const MINUTES_OF_HOUR = 60

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

const minutesOf = (time: string): number =>
  Number(time.slice(0, 2)) * MINUTES_OF_HOUR + Number(time.slice(3, 5))

/**
 * Whether quiet hours hold at a moment (ms), on the clock of a device's own zone; without a zone, UTC. As in the
 * client: `from` is inside, `to` is not, a span may cross midnight, and equal times are the whole day.
 */
export function isQuietAt(
  { from, to }: { readonly from: string; readonly to: string },
  timeZone: string | undefined,
  now: number,
): boolean {
  const minute = minutesOf(formatOf(timeZone ?? 'UTC').format(now))
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end
}
