import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { ScramMechanism } from './scram'
import type { ScramHashes } from './scram-hashes'

/** A page is held up no longer than this at a time, ms. */
const SLICE_MS = 10

/** For runtimes without WebCrypto: the same in JavaScript, in slices that leave the page alive. */
export function libraryHashes(mechanism: ScramMechanism): ScramHashes {
  const by = mechanism === 'SCRAM-SHA-1' ? sha1 : sha256
  return {
    hash: (bytes) => Promise.resolve(by(bytes)),
    hmac: (key, bytes) => Promise.resolve(hmac(by, key, bytes)),
    stretch: (password, salt, c) =>
      pbkdf2Async(by, password, salt, { c, dkLen: by.outputLen, asyncTick: SLICE_MS }),
  }
}
