import { onUnmounted, shallowRef, type ShallowRef } from 'vue'
import { ChatError, type ChatAnswer, type ChatDeed, type ChatsView } from '../services/inbox/chats-view'
import { signedInAccount } from './account'

export { ChatError, type ChatsView } from '../services/inbox/chats-view'

/** The chat account of this device, for a component; undefined: not known yet, null: there is none. */
export function useChats(): Readonly<ShallowRef<ChatsView | null | undefined>> {
  const view = shallowRef<ChatsView | null>()
  let stop: (() => void) | undefined
  let ended = false
  signedInAccount().then(
    ({ chats }) => {
      if (ended) return
      if (chats) stop = chats.watch((next) => (view.value = next))
      else view.value = null
    },
    () => {
      // Nobody is signed in: the page is about to go.
      view.value = null
    },
  )
  onUnmounted(() => {
    ended = true
    stop?.()
  })
  return view
}

async function ask(deed: ChatDeed): Promise<ChatAnswer> {
  const { chats } = await signedInAccount()
  if (!chats) throw new ChatError('no_account')
  return chats.ask(deed)
}

/**
 * Signs in to a chat server, beside the gateway. The password is not kept. Rejects with a ChatError.
 * @param url the server's websocket; '': where the domain says that it is (XEP-0156)
 */
export async function signInToChat(jid: string, password: string, url: string): Promise<void> {
  await ask({ do: 'signIn', jid, password, url })
}

/** Leaves the chat server: nothing of its conversations stays on this device. Rejects with a ChatError. */
export async function signOutOfChat(): Promise<void> {
  await ask({ do: 'signOut' })
}

/** Opens a conversation, and answers its feed. Rejects with a ChatError. */
export async function beginChat(peer: string): Promise<string> {
  const { feed } = await ask({ do: 'begin', peer })
  if (feed === undefined) throw new ChatError('internal')
  return feed
}

/** Sends a message, now or as soon as there is a session: it is kept until then. Rejects with a ChatError. */
export async function sendToChat(feed: string, body: string): Promise<void> {
  await ask({ do: 'send', feed, body })
}
