// #ifndef H5
import { libraryHashes } from './library-hashes'
// #endif
import type { ScramMechanism } from './scram'

/** Bytes of their own, as WebCrypto takes them. */
export type Bytes = Uint8Array<ArrayBuffer>

/** What SCRAM computes with (RFC 5802 §2.2), by one hash. */
export interface ScramHashes {
  readonly hash: (bytes: Bytes) => Promise<Bytes>
  readonly hmac: (key: Bytes, bytes: Bytes) => Promise<Bytes>
  /** PBKDF2 of one block. */
  readonly stretch: (password: Bytes, salt: Bytes, iterations: number) => Promise<Bytes>
}

/**
 * The runtime's own where it has them, which hold no page up. Phones have none, nor does a page that came without TLS: they
 * load a library's. Rejects when that cannot be loaded.
 */
export async function scramHashes(mechanism: ScramMechanism): Promise<ScramHashes> {
  const own = typeof crypto === 'undefined' ? undefined : (crypto as Partial<Crypto>).subtle
  if (own) return webHashes(own, mechanism.slice('SCRAM-'.length))
  return (await loadLibrary())(mechanism)
}

/** On H5 a chunk of its own. The App's build refuses `import()`, and that of mini-programs turns it into a string. */
async function loadLibrary(): Promise<(mechanism: ScramMechanism) => ScramHashes> {
  let library: (mechanism: ScramMechanism) => ScramHashes
  // #ifndef H5
  library = await Promise.resolve(libraryHashes)
  // #endif
  // #ifdef H5
  library = (await import('./library-hashes')).libraryHashes
  // #endif
  return library
}

function webHashes(subtle: SubtleCrypto, hash: string): ScramHashes {
  const bits = hash === 'SHA-1' ? 160 : 256
  return {
    hash: async (bytes) => new Uint8Array(await subtle.digest(hash, bytes)),
    hmac: async (key, bytes) => {
      const imported = await subtle.importKey('raw', key, { name: 'HMAC', hash }, false, ['sign'])
      return new Uint8Array(await subtle.sign('HMAC', imported, bytes))
    },
    stretch: async (password, salt, iterations) => {
      const imported = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
      const how = { name: 'PBKDF2', hash, salt, iterations }
      return new Uint8Array(await subtle.deriveBits(how, imported, bits))
    },
  }
}
