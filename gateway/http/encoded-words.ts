/** One encoded word of RFC 2047 §2: charset, encoding, text; a language behind the charset (RFC 2231 §5) is passed over. */
const WORD = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi

/** Encoded words in a row: the blanks between them are no part of the text (§6.2). */
const RUN = /=\?[^?\s]+\?[bq]\?[^?\s]*\?=(?:\s+=\?[^?\s]+\?[bq]\?[^?\s]*\?=)*/gi

/**
 * A header's text with its encoded words (RFC 2047) decoded; mailers and HTTP libraries write what is not ASCII as those.
 * A character may be cut in two by words of the same charset. Throws RangeError or TypeError for what cannot be decoded.
 */
export function decodeWords(text: string): string {
  return text.replace(RUN, (run) => {
    const groups: { charset: string; parts: Buffer[] }[] = []
    for (const [, charset = '', encoding = '', content = ''] of run.matchAll(WORD)) {
      const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(content, 'base64') : quotedBytes(content)
      const last = groups.at(-1)
      if (last?.charset === charset.toLowerCase()) last.parts.push(bytes)
      else groups.push({ charset: charset.toLowerCase(), parts: [bytes] })
    }
    const decode = ({ charset, parts }: (typeof groups)[number]): string =>
      new TextDecoder(charset, { fatal: true }).decode(Buffer.concat(parts))
    return groups.map(decode).join('')
  })
}

/** The Q encoding (§4.2): `_` is a blank, `=` and two digits are a byte. */
function quotedBytes(content: string): Buffer {
  const bytes = content
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_all, digits: string) => String.fromCharCode(parseInt(digits, 16)))
  return Buffer.from(bytes, 'latin1')
}
