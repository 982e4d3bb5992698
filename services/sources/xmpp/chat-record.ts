import { StorageError, type KeyValue } from '../../storage/storage'
import type { ScramKeys } from './scram'

/** What the person wrote here and the server is not known to have. */
export interface OutboxEntry {
  /** Its id in the stanza, of this device's making: by it the archive tells whether it has it. */
  readonly id: string
  readonly feed: string
  readonly peer: string
  readonly body: string
  /** When it was written, ms since 1970. */
  readonly time: number
  /** From where the archive has to be read to find it. */
  readonly since: ArchiveCursor | null
  /** The last seq of the conversation when it was written. */
  readonly behind: number
  /** It goes to all in a room, and the room's archive has it. */
  readonly room?: true
}

/** How far the archive is stored here. */
export interface ArchiveCursor {
  readonly id: string
  /** A time that the archive has this message not before, as the server writes it. */
  readonly stamp: string
}

/** Where an archive was empty: all that it has later is behind it. */
export const ARCHIVE_START: ArchiveCursor = { id: '', stamp: '1970-01-01T00:00:00Z' }

/** What is kept of a room beside what is kept of any conversation. */
export interface RoomRecord {
  /** What the account is called there. */
  readonly nick: string
  /** How far the room's own archive is stored here. */
  readonly archive: ArchiveCursor | null
  /** The account's other devices know of it. */
  readonly isBookmarked: boolean
  /**
   * Why the account is not in it: `kicked`, `banned`, `removed`, `destroyed`, the condition by which it is not let in, or `out`
   * for any other reason, and before it was let in; null: it is.
   */
  readonly problem: string | null
}

/** A conversation of this device. */
export interface Conversation {
  /** The bare address of whom it is with. */
  readonly peer: string
  /** Up to which seq what was read here is known to the server. */
  readonly told: number
  /** Up to which rank the other one's device has what was written here, and has shown it. */
  readonly delivered: number
  readonly displayed: number
  /** It is with all who are in a room. */
  readonly room?: RoomRecord
}

/** Everything that a chat account keeps on the device beside the inbox. Never a password. */
export interface ChatRecord {
  readonly user: string
  readonly domain: string
  /** Where the server's websocket is. */
  readonly url: string
  readonly resource: string
  readonly keys: ScramKeys | null
  readonly archive: ArchiveCursor | null
  /** The server has what comes while this device is away pushed to it. */
  readonly pushes: boolean
  readonly outbox: readonly OutboxEntry[]
  /** By feed. */
  readonly conversations: Readonly<Record<string, Conversation>>
  /** Addresses of rooms that were left here, of which the account's other devices do not know yet. */
  readonly leaving: readonly string[]
}

const KEY = 'chat'

/** The chat account of this device, as it survives a restart. */
export class ChatStore {
  readonly #keyValue: KeyValue
  #record: ChatRecord

  constructor(keyValue: KeyValue, record: ChatRecord) {
    this.#keyValue = keyValue
    this.#record = record
  }

  /** The account that was saved; null: there is none, or it is of no use. */
  static read(keyValue: KeyValue): ChatRecord | null {
    const saved = keyValue.get<Partial<ChatRecord>>(KEY)
    const { user, domain, url, resource } = saved ?? {}
    const isWhole = [user, domain, url, resource].every((field) => typeof field === 'string' && field !== '')
    if (!saved || !isWhole) return null
    return { ...EMPTY, ...(saved as ChatRecord) }
  }

  /** Forgets the account. */
  static forget(keyValue: KeyValue): void {
    keyValue.remove(KEY)
  }

  get record(): ChatRecord {
    return this.#record
  }

  /** Throws a StorageError when it is not kept, and changes nothing then. */
  keep(patch: Partial<ChatRecord>): void {
    const record = { ...this.#record, ...patch }
    this.#keyValue.set(KEY, record)
    this.#record = record
  }

  /** What is not kept is found again by the next session: the archive has it. */
  update(patch: Partial<ChatRecord>): void {
    this.#record = { ...this.#record, ...patch }
    try {
      this.#keyValue.set(KEY, this.#record)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
    }
  }

  conversation(feed: string): Conversation | undefined {
    return this.#record.conversations[feed]
  }

  updateConversation(feed: string, peer: string, patch: Partial<Omit<Conversation, 'peer'>> = {}): void {
    const known = this.conversation(feed) ?? { peer, told: 0, delivered: 0, displayed: 0 }
    const conversations = { ...this.#record.conversations, [feed]: { ...known, ...patch } }
    this.update({ conversations })
  }

  updateRoom(feed: string, patch: Partial<RoomRecord>): void {
    const known = this.conversation(feed)
    if (known?.room) this.updateConversation(feed, known.peer, { room: { ...known.room, ...patch } })
  }
}

const EMPTY = {
  keys: null,
  archive: null,
  pushes: false,
  outbox: [],
  conversations: {},
  leaving: [],
} as const

/** A new account. */
export const newChatRecord = (
  account: Pick<ChatRecord, 'user' | 'domain' | 'url' | 'resource'>,
): ChatRecord => ({ ...EMPTY, ...account })
