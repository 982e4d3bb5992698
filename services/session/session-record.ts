import { UserSchema, type User } from '@herald/protocol'
import * as v from 'valibot'
import type { KeyValue } from '../storage/storage'

const SESSION_KEY = 'herald.session'
const DEVICE_KEY = 'herald.device'
const SERVER_KEY = 'herald.server'

const SessionRecordSchema = v.object({
  server: v.string(),
  token: v.string(),
  tokenId: v.string(),
  /** `link`: made for this device, so a sign-out revokes it. `pasted`: others may use it too. */
  origin: v.picklist(['link', 'pasted']),
  user: UserSchema,
  /** Whom the gateway's pushes name; absent until the device was registered. */
  recipient: v.optional(v.string()),
})

/** A session as it survives a restart. */
export type SessionRecord = Readonly<v.InferOutput<typeof SessionRecordSchema>> & { readonly user: User }

export function readSession(store: KeyValue): SessionRecord | null {
  const parsed = v.safeParse(SessionRecordSchema, store.get(SESSION_KEY))
  return parsed.success ? parsed.output : null
}

/** Throws StorageError when it was not kept. */
export function writeSession(store: KeyValue, session: SessionRecord): void {
  store.set(SESSION_KEY, session)
  store.set(SERVER_KEY, session.server)
}

export function removeSession(store: KeyValue): void {
  store.remove(SESSION_KEY)
}

/** The gateway used last, to offer on the sign-in page: an address is no secret. */
export function lastServer(store: KeyValue): string | undefined {
  const parsed = v.safeParse(v.string(), store.get(SERVER_KEY))
  return parsed.success ? parsed.output : undefined
}

/** The part of Web Crypto that is used; plain http pages have it, the App and mini-programs do not. */
export interface RandomBytes {
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown
}

/**
 * This device's id, made once. It only tells a user's devices apart: the token is what gives rights, so where
 * there is no Web Crypto, Math.random is good enough.
 */
export function deviceId(store: KeyValue, random: RandomBytes | undefined): string {
  const kept = v.safeParse(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,64}$/)), store.get(DEVICE_KEY))
  if (kept.success) return kept.output
  const made = randomId(random)
  try {
    store.set(DEVICE_KEY, made)
  } catch {
    // Storage is full or forbidden: the id lives as long as the app, and the next start is another device.
  }
  return made
}

/** 32 hexadecimal digits. */
export function randomId(random: RandomBytes | undefined): string {
  const bytes = new Uint8Array(16)
  if (random) random.getRandomValues(bytes)
  else bytes.forEach((_, index) => (bytes[index] = Math.floor(Math.random() * 256)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
