import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'

/** A push service takes 4096 bytes (RFC 8030 §7.2); 86 are the header, 17 the delimiter and the tag (RFC 8188 §2). */
export const MAX_PLAINTEXT_BYTES = 4096 - 86 - 17

/** Lengths are rounded up to this, so that they tell the push service less about the text (bytes). */
const PADDING_STEP = 256

const RECORD_SIZE = 4096

/** Keys of a subscription that cannot be used to encrypt. */
export class KeysUnusable extends Error {
  override readonly name = 'KeysUnusable'
}

/**
 * Encrypts one push for one browser: RFC 8291, `aes128gcm`, a single record. Throws KeysUnusable.
 * @param keys `p256dh` and `auth` of the subscription, base64url.
 */
export function encryptPush(plaintext: Buffer, keys: { p256dh: string; auth: string }): Buffer {
  const receiver = Buffer.from(keys.p256dh, 'base64url')
  const auth = Buffer.from(keys.auth, 'base64url')
  if (auth.length !== 16) throw new KeysUnusable('auth of the subscription is not 16 bytes')
  const sender = createECDH('prime256v1')
  sender.generateKeys()
  const ownPoint = sender.getPublicKey()
  const shared = agree(() => sender.computeSecret(receiver))
  const salt = randomBytes(16)
  // RFC 8291 §3.4: auth binds the key to this subscription, info to the two keys.
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), receiver, ownPoint])
  const secret = hkdfSync('sha256', shared, auth, info, 32)
  const key = hkdfSync('sha256', Buffer.from(secret), salt, 'Content-Encoding: aes128gcm\0', 16)
  const nonce = hkdfSync('sha256', Buffer.from(secret), salt, 'Content-Encoding: nonce\0', 12)
  const cipher = createCipheriv('aes-128-gcm', Buffer.from(key), Buffer.from(nonce))
  const record = [cipher.update(pad(plaintext)), cipher.final(), cipher.getAuthTag()]
  const sizes = Buffer.alloc(5)
  sizes.writeUInt32BE(RECORD_SIZE)
  sizes.writeUInt8(ownPoint.length, 4)
  return Buffer.concat([salt, sizes, ownPoint, ...record])
}

function agree(compute: () => Buffer): Buffer {
  try {
    return compute()
  } catch {
    throw new KeysUnusable('p256dh of the subscription is no point on P-256')
  }
}

/** 2 ends the text of the last record, zeros fill it up (RFC 8188 §2). */
function pad(plaintext: Buffer): Buffer {
  const length = Math.min(
    Math.ceil((plaintext.length + 1) / PADDING_STEP) * PADDING_STEP,
    MAX_PLAINTEXT_BYTES + 1,
  )
  return Buffer.concat([plaintext, Buffer.of(2), Buffer.alloc(length - plaintext.length - 1)])
}
