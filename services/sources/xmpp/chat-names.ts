import { toUtf8 } from './bytes'
import { sha256 } from './sha256'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const KEY_LENGTH = 26

/** The feed of a conversation. Its name says nothing of who talks there. @param own @param peer bare addresses */
export function chatFeed(own: string, peer: string): string {
  let [bits, held, key] = [0, 0, '']
  for (const byte of sha256(toUtf8(`${own}\n${peer}`))) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) key += BASE32.charAt((held >> (bits - 5)) & 0x1f)
  }
  return `chat:${key.slice(0, KEY_LENGTH)}`
}

/** A message's id on every device of an account: a UUID of the id that its archive has for it (RFC 9562 §5.8). */
export function messageId(own: string, archiveId: string): string {
  const bytes = sha256(toUtf8(`${own}\n${archiveId}`)).slice(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
