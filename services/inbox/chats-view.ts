import type { HistoryPage } from '@herald/protocol'

/** Whom a conversation is with, and how far the other one's device has what was written here, by seq, or by `rank` of a row's data. */
export interface ConversationView {
  readonly peer: string
  readonly delivered: number
  readonly displayed: number
  /** It is a room: what the account is called there, and why it is not in it (`problem` of RoomRecord); null: it is. */
  readonly room?: { readonly nick: string; readonly problem: string | null }
}

/** What was written here and the chat server is not known to have. */
export interface UnsentView {
  readonly id: string
  readonly feed: string
  readonly body: string
  /** When it was written, ms since 1970. */
  readonly time: number
}

/** The chat account of this device, as pages see it. */
export interface ChatsView {
  /** The account's bare address. */
  readonly jid: string
  readonly connection: 'stopped' | 'suspended' | 'waiting' | 'connecting' | 'live'
  /** Why the server lets the account in no more; null: it does, or nobody knows. */
  readonly refusal: string | null
  /** By feed. */
  readonly conversations: Readonly<Record<string, ConversationView>>
  readonly unsent: readonly UnsentView[]
}

/** Who signs in to a chat server. `url` is the server's websocket; '' has it found by the account's domain. */
export interface ChatCredentials {
  readonly jid: string
  readonly password: string
  readonly url: string
}

/** What a person does with chats. Only the tab that leads can: the others ask it. */
export type ChatDeed =
  | ({ readonly do: 'signIn' } & ChatCredentials)
  | { readonly do: 'signOut' }
  | { readonly do: 'begin'; readonly peer: string }
  | { readonly do: 'join'; readonly room: string }
  | { readonly do: 'leave'; readonly feed: string }
  | { readonly do: 'send'; readonly feed: string; readonly body: string }
  | { readonly do: 'older'; readonly feed: string }

/** What a deed gives: `begin` and `join` a feed, `older` a page. */
export interface ChatAnswer {
  readonly feed?: string | undefined
  readonly page?: HistoryPage | undefined
}

/** A deed has failed. `code` is a Refusal of the session, or one of: `bad_address`, `no_server`, `unreachable`, `no_account`, `not_kept`. */
export class ChatError extends Error {
  override readonly name = 'ChatError'
  readonly code: string

  constructor(code: string) {
    super(`chat: ${code}`)
    this.code = code
  }
}
