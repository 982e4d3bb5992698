import { wellFormed } from './cut-text'

const ELLIPSIS = '…'

/** Cuts a text to so many UTF-16 code units, which Java's String counts; a cut is marked and splits no character. */
export function cutToLength(text: string, max: number): string {
  const whole = wellFormed(text)
  if (whole.length <= max) return whole
  let cut = ''
  // A family emoji is several code points that belong together (UAX #29).
  for (const { segment } of new Intl.Segmenter().segment(whole)) {
    if (cut.length + segment.length > max - ELLIPSIS.length) break
    cut += segment
  }
  return cut.trimEnd() + ELLIPSIS
}
