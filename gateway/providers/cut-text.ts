const ELLIPSIS = '…'

/** Bytes that a text takes within a JSON document, its quotes not counted. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2
}

/**
 * Half a surrogate pair cannot be written in UTF-8: JSON.stringify escapes it, and services refuse it or show nonsense.
 */
export function wellFormed(text: string): string {
  // Most texts have no surrogate at all, and that is far quicker to see.
  return /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Surrogate}/gu, '\u{fffd}') : text
}

/** Cuts a text so that it takes at most `maxBytes` within a JSON document, between characters, and marks the cut. */
export function cutJsonText(text: string, maxBytes: number): string {
  if (jsonBytes(text) <= maxBytes) return text
  const limit = maxBytes - Buffer.byteLength(ELLIPSIS)
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += jsonBytes(character)
    if (bytes > limit) return end === 0 ? '' : text.slice(0, end) + ELLIPSIS
    end += character.length
  }
  return text
}

/**
 * Cuts a title and a body so that both take at most `maxBytes` within a JSON document. The title gets a quarter, and
 * what the body leaves.
 */
export function cutTexts(title: string, body: string, maxBytes: number): { title: string; body: string } {
  const forTitle = Math.max(Math.floor(maxBytes / 4), maxBytes - jsonBytes(body))
  const shortTitle = cutJsonText(title, forTitle)
  return { title: shortTitle, body: cutJsonText(body, maxBytes - jsonBytes(shortTitle)) }
}

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
