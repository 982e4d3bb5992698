import { FEED_KEY, type User } from '@herald/protocol'
import type { KeyValue } from '../storage/storage'

const SESSION_KEY = 'herald.session'
const DEVICE_KEY = 'herald.device'
const SERVER_KEY = 'herald.server'

/** A session as it survives a restart. */
export interface SessionRecord {
  readonly server: string
  readonly token: string
  readonly tokenId: string
  /** `link`: made for this device, so a sign-out revokes it. `pasted`: others may use it too. */
  readonly origin: 'link' | 'pasted'
  readonly user: User
  /** Whom the gateway's pushes name; absent until the device was registered. */
  readonly recipient?: string | undefined
}

/** The saved session; null where there is none. By hand and not by a schema, whose library the first list does not wait for. */
export function readSession(store: KeyValue): SessionRecord | null {
  const { server, token, tokenId, origin, user, recipient } = fieldsOf(store.get(SESSION_KEY))
  const { id, name } = fieldsOf(user)
  if (!isText(server) || !isText(token) || !isText(tokenId)) return null
  if (!isText(id) || !FEED_KEY.test(id) || !isText(name)) return null
  if (origin !== 'link' && origin !== 'pasted') return null
  if (recipient !== undefined && !isText(recipient)) return null
  return { server, token, tokenId, origin, user: { id, name }, ...(recipient !== undefined && { recipient }) }
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** The fields of an object; none of anything else. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
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
  const server = store.get(SERVER_KEY)
  return isText(server) ? server : undefined
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
  const kept = store.get(DEVICE_KEY)
  if (isText(kept) && /^[A-Za-z0-9_-]{8,64}$/.test(kept)) return kept
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
