import { withoutCommands } from '@herald/protocol'

/** Lines that we draw ourselves, for a terminal to obey. */
export interface Drawing {
  readonly drawn: readonly string[]
}

/** Where a command writes: tables and sentences for people, one JSON value for scripts. */
export interface Output {
  /** `text` is for people; `value` is the same for scripts. */
  say(text: string | readonly (string | Drawing)[], value: unknown): void
}

/** Writes to standard output. What a gateway, an older one too, has kept of others commands no terminal. */
export function openOutput(asJson: boolean, write: (text: string) => void): Output {
  return {
    say(text, value) {
      const parts = typeof text === 'string' ? [text] : text
      const lines = parts.flatMap((part) => (typeof part === 'string' ? printableLines(part) : part.drawn))
      // JSON escapes but some of them itself.
      write(asJson ? `${printableLines(JSON.stringify(value, null, 2))}\n` : `${lines.join('\n')}\n`)
    },
  }
}

/** The text on one line, with what would command a terminal in the way that JSON writes it. */
export function printable(text: string): string {
  return withoutCommands(text, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
}

/** The same for a text of ours that has several lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/** Rows under heads, columns aligned, for terminals that show Chinese in double width. */
export function formatTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows.map((row) => row.map(printable))]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => displayWidth(row[column] ?? ''))))
  return all
    .map((row) =>
      row
        .map((cell, column) => padTo(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function padTo(text: string, width: number): string {
  return text + ' '.repeat(width - displayWidth(text))
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u

const segmenter = new Intl.Segmenter()

function displayWidth(text: string): number {
  return Array.from(segmenter.segment(text)).reduce(
    (sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1),
    0,
  )
}

const two = (value: number): string => String(value).padStart(2, '0')

const dayOf = (date: Date): string =>
  `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`

/** A moment in local time, to the minute. */
export function formatTime(time: number | null): string {
  return time === null ? 'never' : formatMoment(time).slice(0, -3)
}

/** A moment in local time, to the second. */
export function formatMoment(time: number): string {
  const date = new Date(time)
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${dayOf(date)} ${clock}`
}

/** A moment that belongs to another: to the second, and without the day when that is the same. */
export function formatClock(time: number, since: number): string {
  const isSameDay = dayOf(new Date(time)) === dayOf(new Date(since))
  return isSameDay ? formatMoment(time).slice(-8) : formatMoment(time)
}

/** Bytes in the unit that a person would use. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? String(value) : value.toFixed(1)} ${units[power] ?? ''}`
}

/** Seconds as days, hours and minutes. */
export function formatDuration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
  ]
  const shown = parts.filter(([value]) => value > 0).map(([value, unit]) => `${String(value)} ${unit}`)
  return shown.length > 0 ? shown.join(' ') : `${String(seconds)} s`
}
