import { createECDH, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

/** The key pair by which push services know this gateway (RFC 8292). A new one ends every subscription. */
export interface VapidKeys {
  /** base64url of the uncompressed point: what a browser takes as `applicationServerKey`. */
  readonly publicKey: string
  readonly signingKey: KeyObject
}

/** Where the private key is kept between starts. */
export interface VapidKeyStore {
  /** The text that was saved; undefined when there was none. Throws when it cannot be read. */
  load(): string | undefined
  save(text: string): void
}

const PRIVATE_BYTES = 32

/** Gives the kept keys, or makes them on the first start. Throws when what is kept is no key. */
export function openVapidKeys(store: VapidKeyStore): VapidKeys {
  const kept = store.load()
  if (kept !== undefined) return readVapidKeys(kept)
  const text = newPrivateKey()
  store.save(text)
  return readVapidKeys(text)
}

function newPrivateKey(): string {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  // Node drops leading zeros of the private key.
  return Buffer.concat([Buffer.alloc(PRIVATE_BYTES), pair.getPrivateKey()])
    .subarray(-PRIVATE_BYTES)
    .toString('base64url')
}

/**
 * The key that all gateways on one store have, or browsers' pushes would fail at all but one. What a file holds is taken in
 * once, if it is a key; after that the store's counts. Throws when the file holds no key.
 */
export async function keepVapidKey(
  secrets: { keep(name: string, value: string): Promise<string> },
  file: VapidKeyStore,
): Promise<VapidKeyStore> {
  const inFile = file.load()?.trim()
  if (inFile !== undefined) readVapidKeys(inFile)
  const kept = await secrets.keep('vapid', inFile ?? newPrivateKey())
  // One that is there and another stays as it is: it may be the only copy of somebody's key.
  if (inFile === undefined) file.save(kept)
  return { load: () => kept, save: () => undefined }
}

/** Reads a private key: base64url of its 32 bytes, PEM, or the JSON of `web-push generate-vapid-keys --json`. Throws. */
export function readVapidKeys(text: string): VapidKeys {
  const signingKey = readSigningKey(text.trim())
  if (signingKey?.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error('the VAPID key is no private key on the curve P-256')
  const { x = '', y = '' } = createPublicKey(signingKey).export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  return { publicKey: point.toString('base64url'), signingKey }
}

function readSigningKey(text: string): KeyObject | undefined {
  try {
    if (text.startsWith('-----')) return createPrivateKey(text)
    const raw = text.startsWith('{') ? (JSON.parse(text) as { privateKey: string }).privateKey : text
    return fromRaw(Buffer.from(raw, 'base64url'))
  } catch {
    return undefined // the caller has the words
  }
}

function fromRaw(secret: Buffer): KeyObject | undefined {
  if (secret.length !== PRIVATE_BYTES) return undefined
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(secret)
  const point = pair.getPublicKey()
  const part = (from: number): string => point.subarray(from, from + 32).toString('base64url')
  const key: JsonWebKey = {
    kty: 'EC',
    crv: 'P-256',
    d: secret.toString('base64url'),
    x: part(1),
    y: part(33),
  }
  return createPrivateKey({ key, format: 'jwk' })
}

/** Keeps the key in a file that only its owner may read; a crash leaves either no file or a whole one. */
export function vapidKeyFile(path: string): VapidKeyStore {
  return {
    load() {
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        // A new key in place of one that is only unreadable would end every subscription.
        throw error
      }
    },
    save(text) {
      const file = openSync(`${path}.new`, 'w', 0o600)
      writeSync(file, `${text}\n`)
      fsyncSync(file)
      closeSync(file)
      renameSync(`${path}.new`, path)
    },
  }
}
