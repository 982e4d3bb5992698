const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' },
}

/** Text as it may stand in an element or an attribute; what no XML may hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  let written = ''
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const isForbidden = (code < 0x20 && !/\s/.test(character)) || code === 0xfffe || code === 0xffff
    const isHalf = code >= 0xd800 && code <= 0xdfff
    written +=
      isForbidden || isHalf || code === 0xb || code === 0xc ? '\ufffd' : (ESCAPES[character] ?? character)
  }
  return written
}

/** Writes an element. Attributes that are undefined are left out; children are elements that were written. */
export function writeXml(
  name: string,
  attrs: Readonly<Record<string, string | undefined>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attrs).map(([key, value]) =>
    value === undefined ? '' : ` ${key}="${escapeXml(value)}"`,
  )
  const open = `<${name}${written.join('')}`
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`
}
