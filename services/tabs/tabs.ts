import type { PushPayload } from '@herald/protocol'
import type { ChatAnswer, ChatDeed, ChatsView } from '../inbox/chats-view'
import type { Change } from '../inbox/inbox'
import type { Alert } from '../presentation/presentation'
import type { PushView } from '../push/push-port'
import type { Settings } from '../storage/settings'
import type { ConnectionView } from '../connection/connection-view'

/** What the tabs of one browser tell each other. */
export type TabMessage =
  /** An inbox has changed, in the tab that holds the socket or by the user's hand in any. */
  | { readonly type: 'change'; readonly change: Change }
  /** The tab that brought these messages leads no more, and has raised no alert for them. */
  | { readonly type: 'unshown'; readonly ids: readonly string[] }
  /**
   * A tab has come: whoever is there says so, and the leader says when storage holds all that it has. `led`: until now, and
   * what it stored before it knew better may be older than what the leader has stored.
   */
  | { readonly type: 'join'; readonly led?: true }
  | { readonly type: 'flushed'; readonly to: string }
  /** How the user sees a tab. `focusedAt`: when it was last focused, in ms since 1970. */
  | { readonly type: 'presence'; readonly visible: boolean; readonly focusedAt: number }
  | { readonly type: 'gone' }
  | { readonly type: 'connection'; readonly view: ConnectionView }
  /** Is the leader there, or frozen by the browser? `reconnect`: the user wants a connection now. */
  | { readonly type: 'ask'; readonly reconnect: boolean }
  | { readonly type: 'alive' }
  /** The leader lets its socket go until somebody asks for it, so that a push has to come. */
  | { readonly type: 'silence' }
  | { readonly type: 'banner'; readonly to: string; readonly alert: Alert; readonly number: number }
  | { readonly type: 'bannerShown'; readonly number: number }
  | { readonly type: 'bannerHide' }
  | { readonly type: 'bannerDismissed' }
  /** The saved session changed: read it again. It may reach another process after this message does. */
  | { readonly type: 'session'; readonly because: string | null }
  | { readonly type: 'settings'; readonly settings: Settings }
  /** How a push reaches this device, as the leader knows it. */
  | { readonly type: 'push'; readonly view: PushView }
  /** A push came that nobody has shown, to a tab that does not lead. */
  | { readonly type: 'brought'; readonly payload: PushPayload }
  /** What the gateway is told of this device has changed: the leader tells it. */
  | { readonly type: 'pushChanged' }
  /** The chat account as the leader has it, whoever asks by `chatsAsked`. */
  | { readonly type: 'chats'; readonly view: ChatsView | null }
  | { readonly type: 'chatsAsked' }
  /** The leader is to do this with the chat account; `error` is the code of a ChatError. */
  | { readonly type: 'chatDeed'; readonly id: string; readonly deed: ChatDeed }
  | {
      readonly type: 'chatAnswer'
      readonly id: string
      readonly answer: ChatAnswer
      readonly error: string | null
    }

/** A message with its sender, and the session it is about: tabs of another user must not mix it in. */
export interface TabEnvelope {
  readonly from: string
  readonly session: string | null
  readonly message: TabMessage
}

/** The wire between the tabs of one browser. A tab does not hear itself. */
export interface TabChannel {
  post(envelope: TabEnvelope): void
  listen(handler: (envelope: TabEnvelope) => void): void
}

/** Finds the one tab that holds the socket. */
export interface Election {
  /** Stands until `withdraw`; `won` and `lost` alternate. */
  stand(handlers: { won(): void; lost(): void }): void
  /** Takes the lead from a leader that does not answer. */
  seize(): void
  withdraw(): void
}

/** The tabs of this browser as the client needs them. */
export interface Tabs {
  readonly id: string
  readonly channel: TabChannel
  readonly election: Election
}

/** Where there are no tabs: App, mini-programs. It always leads, and nobody listens. */
export function loneTab(): Tabs {
  return {
    id: 'lone',
    channel: { post: () => undefined, listen: () => undefined },
    election: {
      stand: (handlers) => {
        handlers.won()
      },
      seize: () => undefined,
      withdraw: () => undefined,
    },
  }
}
