import { createHmac, KeyObject, timingSafeEqual, type webcrypto } from 'node:crypto'

/**
 * Signatures are checked at once, on this thread. Web Crypto checks them on threads of its own, and then it is the
 * machine's mood in which turn of the event loop the answer comes. Knows HMAC with SHA-256, as the backend signs.
 *
 * @returns what puts the real one back
 */
export function verifyAtOnce(): () => void {
  const { subtle } = globalThis.crypto
  const verify: webcrypto.SubtleCrypto['verify'] = (_algorithm, key, signature, data) => {
    const expected = createHmac('sha256', KeyObject.from(key)).update(bytesOf(data)).digest()
    const given = bytesOf(signature)
    return Promise.resolve(given.length === expected.length && timingSafeEqual(given, expected))
  }
  Object.defineProperty(subtle, 'verify', { configurable: true, value: verify })
  return () => {
    Reflect.deleteProperty(subtle, 'verify')
  }
}

function bytesOf(source: webcrypto.BufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
}
