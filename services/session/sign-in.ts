import { ApiError } from '../api/api-error'
import { GatewayApi } from '../api/gateway-api'
import type { ClientPorts } from './client-ports'
import type { SessionRecord } from './session-record'
import { SignInError } from './sign-in-error'
import { normaliseServer, parseSignInLink } from './sign-in-link'

type SignInPorts = Pick<ClientPorts, 'sendRequest' | 'transport' | 'label'>

/** Longest label of a token (SignInBodySchema). */
const MAX_LABEL = 80

/** A session by a token that somebody pasted. Throws SignInError. */
export async function openByToken(
  ports: SignInPorts,
  address: string,
  token: string,
): Promise<SessionRecord> {
  const server = serverOf(ports, address)
  const secret = token.trim()
  // Headers carry no other characters, and uni.request throws at them in its own ways.
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new SignInError('token_invalid')
  const { user, token: info } = await attempt(new GatewayApi(ports.sendRequest, server, () => secret).me())
  return { server, token: secret, tokenId: info.id, origin: 'pasted', user, expires: info.expires }
}

/** A session by a one-time link. Throws SignInError. */
export async function openByLink(ports: SignInPorts, text: string): Promise<SessionRecord> {
  const link = parseSignInLink(text)
  if (!link) throw new SignInError('address_invalid')
  const server = serverOf(ports, link.server)
  const api = new GatewayApi(ports.sendRequest, server, () => null)
  const { token, info, user } = await attempt(api.signIn(link.code, ports.label().slice(0, MAX_LABEL)))
  return { server, token, tokenId: info.id, origin: 'link', user, expires: info.expires }
}

function serverOf({ transport }: SignInPorts, address: string): string {
  const server = normaliseServer(address)
  if (transport === 'https' && server.startsWith('http:')) throw new SignInError('insecure_address')
  return server
}

async function attempt<T>(request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (error) {
    throw error instanceof ApiError ? SignInError.from(error) : new SignInError('internal')
  }
}
