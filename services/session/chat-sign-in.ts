import { ChatError, type ChatCredentials } from '../inbox/chats-view'
import type { ClientPorts } from './client-ports'
import type { SessionRecord } from './session-record'

/** How long the answer to a question by HTTP may take, in ms. */
const GET_MS = 10_000

type ChatSignInPorts = Pick<
  ClientPorts,
  'chats' | 'openSocket' | 'clock' | 'random' | 'log' | 'deviceId' | 'sendRequest'
>

/** A session by a chat account alone, once its server has let it in. Rejects with a ChatError. */
export async function openByChat(
  ports: ChatSignInPorts,
  credentials: ChatCredentials,
): Promise<SessionRecord> {
  const { chats, openSocket: open, deviceId } = ports
  if (!chats) throw new ChatError('no_account')
  const { proveAccount } = await chats.load().catch(() => {
    throw new ChatError('unreachable')
  })
  const { clock, random, log } = ports
  const session = { open, clock, random, log }
  const { jid, key } = await proveAccount({ ...session, ...chatDevice(ports, deviceId) }, credentials)
  return { server: '', token: '', tokenId: '', origin: 'chat', user: { id: key, name: jid } }
}

/** What a chat account has of its device: what that is called at the server, and how it asks a domain where the server is. */
export const chatDevice = ({ sendRequest }: Pick<ClientPorts, 'sendRequest'>, deviceId: string) => ({
  resource: `herald-${deviceId.slice(0, 8)}`,
  get: (url: string) => sendRequest({ method: 'GET', url, headers: {}, timeoutMs: GET_MS }),
})
