import { ChatError, type ChatCredentials } from '../../inbox/chats-view'
import { readJid, serverOf, type ChatAccountPorts } from './chat-account'
import { chatFeed } from './chat-names'
import { ChatSession, type ChatSessionPorts } from './chat-session'

interface ProvePorts extends ChatSessionPorts, Pick<ChatAccountPorts, 'get' | 'resource'> {}

/** An account that its server has let in. */
export interface ProvenAccount {
  readonly jid: string
  /** A name without the address in it. */
  readonly key: string
}

/**
 * Has the server let somebody in, and leaves again: nothing is kept and nothing asked for. Rejects with a ChatError.
 * @param url of the credentials as it is typed
 */
export async function proveAccount(
  ports: ProvePorts,
  { jid, password, url: given }: ChatCredentials,
): Promise<ProvenAccount> {
  const { user, domain } = readJid(jid)
  const url = await serverOf(ports.get, domain, given)
  await signInOnce(ports, { user, domain, url, password })
  const address = `${user}@${domain}`
  return { jid: address, key: chatFeed(address, '').slice('chat:'.length) }
}

function signInOnce(
  ports: ProvePorts,
  account: {
    readonly user: string
    readonly domain: string
    readonly url: string
    readonly password: string
  },
): Promise<void> {
  const { resource } = ports
  return new Promise((resolve, reject) => {
    const session = new ChatSession(ports, () => ({ ...account, resource }), {
      ready: () => {
        session.leave()
        resolve()
      },
      state: ({ name }, refusal) => {
        // The first try has to do: somebody waits at the form.
        if (name === 'waiting') session.leave()
        if (name === 'waiting') reject(new ChatError('unreachable'))
        if (name === 'stopped' && refusal !== null) reject(new ChatError(refusal))
      },
      ...{ stanza: () => undefined, sent: () => undefined, keys: () => undefined },
    })
    session.handle('start')
  })
}
