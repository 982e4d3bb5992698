import { shallowRef, watch, type ShallowRef } from 'vue'
import {
  ChatError,
  type ChatAnswer,
  type ChatCredentials,
  type ChatDeed,
  type ChatsView,
} from '../services/inbox/chats-view'
import { signedInAccount } from './account'
import { useHerald } from './instances'
import { coreOf } from './parts'
import { isWithGateway } from './state'
import type { Herald } from './types'

export { ChatError, type ChatCredentials, type ChatsView } from '../services/inbox/chats-view'

/** The chat account of this device, for a component; undefined: not known yet, null: there is none. */
export function useChats(): Readonly<ShallowRef<ChatsView | null | undefined>> {
  const { state } = useHerald()
  const view = shallowRef<ChatsView | null>()
  watch(
    () => (state.session.status === 'signedOut' ? null : state.session.user?.id),
    (user, _before, onCleanup) => {
      view.value = user === null ? null : undefined
      if (typeof user === 'string') onCleanup(follow(view))
    },
    { immediate: true },
  )
  return view
}

/** Keeps a view as the account of whoever is signed in has it. Returns how to stop. */
function follow(view: ShallowRef<ChatsView | null | undefined>): () => void {
  let stop: (() => void) | null | undefined
  signedInAccount().then(
    ({ chats }) => {
      if (stop === null) return
      if (chats) stop = chats.watch((next) => (view.value = next))
      else view.value = null
    },
    () => {
      // Signed out meanwhile.
      if (stop !== null) view.value = null
    },
  )
  return () => {
    stop?.()
    stop = null
  }
}

async function ask(deed: ChatDeed): Promise<ChatAnswer> {
  const { chats } = await signedInAccount()
  if (!chats) throw new ChatError('no_account')
  return chats.ask(deed)
}

/**
 * Signs in to a chat server: beside the gateway, or, where nobody is signed in, to that alone. The password is not kept.
 * Rejects with a ChatError.
 * @param credentials its `url` is the server's websocket; '': where the domain says that it is (XEP-0156)
 */
export async function signInToChat(herald: Herald, credentials: ChatCredentials): Promise<void> {
  if (herald.state.session.status === 'signedIn') await ask({ do: 'signIn', ...credentials })
  else await (await coreOf(herald).access.client()).signInToChat(credentials)
}

/** Leaves the chat server: nothing of its conversations stays on this device. Rejects with a ChatError. */
export async function signOutOfChat(herald: Herald): Promise<void> {
  if (isWithGateway(herald.state)) await ask({ do: 'signOut' })
  else await herald.signOut()
}

/** Opens a conversation, and answers its feed. Rejects with a ChatError. */
export async function beginChat(peer: string): Promise<string> {
  const { feed } = await ask({ do: 'begin', peer })
  if (feed === undefined) throw new ChatError('internal')
  return feed
}

/** Enters a room, and makes it if there is none. Answers its feed; whether it lets the account in, its `problem` says. Rejects with a ChatError. */
export async function joinRoom(room: string): Promise<string> {
  const { feed } = await ask({ do: 'join', room })
  if (feed === undefined) throw new ChatError('internal')
  return feed
}

/** Leaves a room: nothing of it stays on this device, nor on the account's others. Rejects with a ChatError. */
export async function leaveRoom(feed: string): Promise<void> {
  await ask({ do: 'leave', feed })
}

/** Sends a message, now or as soon as there is a session: it is kept until then. Rejects with a ChatError. */
export async function sendToChat(feed: string, body: string): Promise<void> {
  await ask({ do: 'send', feed, body })
}
