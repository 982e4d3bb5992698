import * as v from 'valibot'
import { ApiError } from '../api/api-error'
import { GatewayApi } from '../api/gateway-api'
import type { ClientPorts } from './client-ports'
import { isSamePerson, type SessionRecord } from './session-record'
import { SignInError } from './sign-in-error'
import { findSignInLink, normaliseServer, type SignInLink } from './sign-in-link'

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
  const api = new GatewayApi(ports.sendRequest, server, () => secret)
  const { user, token: info } = await attempt(api.me()).catch((error: unknown) => whyNoReader(api, error))
  return { server, token: secret, tokenId: info.id, origin: 'pasted', user, expires: info.expires }
}

/** A token that may not read is a sender's, or an administrator's: who has copied the wrong one is told which. */
async function whyNoReader(api: GatewayApi, error: unknown): Promise<never> {
  if (!(error instanceof SignInError) || error.code !== 'read_forbidden') throw error
  const administers = await api.call(v.unknown(), 'GET', '/v1/providers').then(
    () => true,
    // Whatever is the matter, it is a token that cannot read.
    () => false,
  )
  throw administers ? new SignInError('admin_token') : error
}

/** Who is signed in somewhere. */
export type Owner = Pick<SessionRecord, 'server' | 'user'>

/** Asks whether `next` may take the place of `now` on this device. */
export type AskSwitch = (now: Owner, next: Owner) => Promise<boolean>

/** The gateway and code of a link. Throws SignInError. */
export function readLink(ports: SignInPorts, text: string): SignInLink {
  const link = findSignInLink(text)
  if (!link) throw new SignInError('address_invalid')
  return { server: serverOf(ports, link.server), code: link.code }
}

/** Whose this device is now, and the question whether somebody else may take that place. */
export interface PlaceTaker {
  readonly owner: () => Owner | null
  /** Undefined where no page could ask: who calls this has decided. */
  readonly ask: AskSwitch | undefined
}

/** Whether somebody may sign in here; asked for each who is: another tab may sign somebody in meanwhile. Oneself is not asked. */
async function mayTakePlace(next: () => Promise<Owner>, { owner, ask }: PlaceTaker): Promise<boolean> {
  let asked: Owner | null = null
  for (let now = owner(); now && !isSamePerson(asked, now); now = owner()) {
    const who = await next()
    if (ask && !isSamePerson(now, who) && !(await ask(now, who))) return false
    asked = now
  }
  return true
}

/** A session by a one-time link, whose code the question does not use up. Null: the answer was no. Throws SignInError. */
export async function openByLink(
  ports: SignInPorts,
  { server, code }: SignInLink,
  taker: PlaceTaker,
): Promise<SessionRecord | null> {
  const api = new GatewayApi(ports.sendRequest, server, () => null)
  const whose = async (): Promise<Owner> => ({ server, user: (await attempt(api.peekSignIn(code))).user })
  if (!(await mayTakePlace(whose, taker))) return null
  const { token, info, user } = await attempt(api.signIn(code, ports.label().slice(0, MAX_LABEL).trim()))
  return { server, token, tokenId: info.id, origin: 'link', user, expires: info.expires }
}

/** A session by a token that was pasted. Null: the answer was no. Throws SignInError. */
export async function openByPaste(
  ports: SignInPorts,
  address: string,
  token: string,
  taker: PlaceTaker,
): Promise<SessionRecord | null> {
  const session = await openByToken(ports, address, token)
  return (await mayTakePlace(() => Promise.resolve(session), taker)) ? session : null
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
