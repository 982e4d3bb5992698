// Bytes and texts, for runtimes without TextEncoder, atob and btoa (uni-app's on phones).

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** UTF-8 of a text; half characters become U+FFFD. */
export function toUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  for (const character of text) {
    const given = character.codePointAt(0) ?? 0
    const code = given >= 0xd800 && given <= 0xdfff ? 0xfffd : given
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
    else if (code < 0x10000)
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    else
      bytes.push(
        ...[0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f)],
        ...[0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)],
      )
  }
  return Uint8Array.from(bytes)
}

/** The text of UTF-8; what is none becomes U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    let code = length === 1 ? first : first & (0xff >> (length + 1))
    const rest = bytes.subarray(at + 1, at + length)
    for (const byte of rest) code = (code << 6) | (byte & 0x3f)
    const isWhole = rest.length === length - 1 && rest.every((byte) => byte >> 6 === 2)
    const isGood = isWhole && first >> 6 !== 2 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    text += isGood ? String.fromCodePoint(code) : '\ufffd'
    at += isGood ? length : 1
  }
  return text
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const group = (a << 16) | (b << 8) | c
    const length = Math.min(3, bytes.length - at) + 1
    for (let index = 0; index < 4; index += 1)
      text += index < length ? BASE64.charAt((group >> (18 - 6 * index)) & 0x3f) : '='
  }
  return text
}

/** Undefined for what is no Base64 (RFC 4648 §4). */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const digits = text.replace(/=+$/, '')
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let [bits, held, at] = [0, 0, 0]
  for (const digit of digits) {
    held = ((held << 6) | BASE64.indexOf(digit)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (held >> bits) & 0xff
  }
  return bytes
}

/** Without a hint, by the time that it takes, of where two differ. */
export function areSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length
  for (let at = 0; at < one.length; at += 1) difference |= (one[at] ?? 0) ^ (other[at] ?? 0)
  return difference === 0
}
