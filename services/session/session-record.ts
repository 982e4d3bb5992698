import { FEED_KEY, type User } from '@herald/protocol'
import type { KeyValue } from '../storage/storage'

const SESSION_KEY = 'session'
const LOCKED_KEY = 'locked'
const DEVICE_KEY = 'device'
const SERVER_KEY = 'server'

/** A session as it survives a restart. */
export interface SessionRecord {
  /** The gateway's address; '': there is none, and all messages come from a chat server. */
  readonly server: string
  readonly token: string
  readonly tokenId: string
  /** `link`: made for this device, so a sign-out revokes it. `pasted`: others may use it too. `chat`: there is no token. */
  readonly origin: 'link' | 'pasted' | 'chat'
  readonly user: User
  /** Whom the gateway's pushes name; absent until the device was registered. */
  readonly recipient?: string | undefined
  /** When the token ends by the gateway's clock, in ms since 1970; absent or null: never, or not known. */
  readonly expires?: number | null | undefined
  /** Names the session from its sign-in to its sign-out, over all of its tokens. Absent in sessions of older versions. */
  readonly life?: string | undefined
}

/** A session whose token has expired: what is stored stays, unseen, until the same person signs in again. */
export interface LockedSession extends Pick<SessionRecord, 'server' | 'user' | 'recipient' | 'life'> {
  /** The gateway's code. */
  readonly because: string
}

/** Whether there is a gateway: somebody may be signed in to a chat server alone. */
export const hasGateway = ({ server }: Pick<SessionRecord, 'server'>): boolean => server !== ''

/** What names a session while its tokens change. */
export const lifeOf = ({ life, tokenId }: SessionRecord): string => life ?? tokenId

/** Whether both are of one person on one gateway. */
export function isSamePerson(
  one: Pick<SessionRecord, 'server' | 'user'> | null,
  other: Pick<SessionRecord, 'server' | 'user'>,
): boolean {
  return one?.server === other.server && one.user.id === other.user.id
}

/** The saved session; null where there is none. By hand and not by a schema, whose library the first list does not wait for. */
export function readSession(store: KeyValue): SessionRecord | null {
  const fields = fieldsOf(store.get(SESSION_KEY))
  const { token, tokenId, origin, expires } = fields
  const owner = readOwner(fields)
  if (!owner || !isText(token) || !isText(tokenId)) return null
  if (origin !== 'link' && origin !== 'pasted' && origin !== 'chat') return null
  return { ...owner, token, tokenId, origin, ...(typeof expires === 'number' && { expires }) }
}

/** The session that waits for its person; null where there is none. */
export function readLocked(store: KeyValue): LockedSession | null {
  const fields = fieldsOf(store.get(LOCKED_KEY))
  const owner = readOwner(fields)
  return owner && isText(fields.because) ? { ...owner, because: fields.because } : null
}

/** Whose it is; null when that does not stand there as it was written. */
function readOwner(
  fields: Readonly<Record<string, unknown>>,
): Pick<SessionRecord, 'server' | 'user' | 'recipient' | 'life'> | null {
  const { server, user, recipient, life } = fields
  const { id, name } = fieldsOf(user)
  if (!isText(server) || !isText(id) || !FEED_KEY.test(id) || !isText(name)) return null
  if (recipient !== undefined && !isText(recipient)) return null
  return {
    server,
    user: { id, name },
    ...(recipient !== undefined && { recipient }),
    ...(isText(life) && { life }),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** The fields of an object; none of anything else. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Whom the gateway's pushes name; null when nobody is signed in, undefined while the gateway has not said it. */
export function recipientIn(store: KeyValue): string | null | undefined {
  const session = readSession(store)
  return session && session.recipient
}

/**
 * For whom pushes of this person are, also when another tab, or the registration of a moment ago, has only stored it: a record
 * that is held in memory must not write over that.
 */
function keptRecipient(store: KeyValue, session: Pick<SessionRecord, 'server' | 'user' | 'recipient'>) {
  const saved = readSession(store)
  return (isSamePerson(saved, session) ? saved?.recipient : undefined) ?? session.recipient
}

/** A session of the same person with another token, as the one that goes on. */
export function goOnAs(
  store: KeyValue,
  known: SessionRecord | LockedSession,
  session: SessionRecord,
): SessionRecord {
  const life = 'tokenId' in known ? lifeOf(known) : known.life
  return { ...session, life, recipient: keptRecipient(store, known) }
}

/** Throws StorageError when it was not kept. */
export function writeSession(store: KeyValue, session: SessionRecord): void {
  store.set(SESSION_KEY, session)
  if (hasGateway(session)) store.set(SERVER_KEY, session.server)
  store.remove(LOCKED_KEY)
}

/**
 * Tells whether another tab has signed out, or somebody else in, since the session of this tab was saved. A storage that takes
 * nothing has not saved it, and tells nothing of other tabs.
 */
export function watchForOtherTabs(store: KeyValue): (session: SessionRecord) => boolean {
  const isSaved = readSession(store) !== null
  return (session) => {
    const saved = readSession(store)
    return isSaved && (!saved || lifeOf(saved) !== lifeOf(session))
  }
}

/** Keeps for whom the gateway's pushes are, unless another tab has signed out meanwhile. Throws StorageError. */
export function writeRecipient(store: KeyValue, session: SessionRecord, recipient: string): void {
  const saved = readSession(store)
  if (!saved || lifeOf(saved) !== lifeOf(session) || saved.recipient === recipient) return
  writeSession(store, { ...saved, recipient })
}

export function removeSession(store: KeyValue): void {
  store.remove(SESSION_KEY)
  store.remove(LOCKED_KEY)
}

/** Keeps whose session it was and forgets its token. Throws StorageError when that was not kept. */
export function lockSession(store: KeyValue, session: SessionRecord, because: string): void {
  const { server, user } = session
  const recipient = keptRecipient(store, session)
  const locked: LockedSession = {
    ...{ server, user, because, life: lifeOf(session) },
    ...(recipient !== undefined && { recipient }),
  }
  store.set(LOCKED_KEY, locked)
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
