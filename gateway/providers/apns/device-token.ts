/** Apple says not to assume a size; no token was ever shorter than 32 bytes. */
const MIN_HEX = 64
const MAX_HEX = 400

/**
 * Brings a device token to lower-case hex, or says what is wrong with it. Apps that print `NSData` send `<…>` with
 * blanks; built with the SDK of iOS 13 or later they send a shortened description, from which nothing can be made.
 */
export function readDeviceToken(text: string): { token: string } | { fault: string } {
  if (/\blength\s*=/i.test(text)) {
    return {
      fault:
        'the app sent a description of the device token ({length = 32, bytes = …}) in place of the token; it has to send the bytes as hex',
    }
  }
  const token = text.replace(/[<>\s]/g, '').toLowerCase()
  if (!/^(?:[0-9a-f]{2})*$/.test(token)) return { fault: 'a device token is hex; this one is not' }
  if (token.length < MIN_HEX || token.length > MAX_HEX) {
    return { fault: `a device token has at least 32 bytes; this one has ${token.length / 2}` }
  }
  return { token }
}
