import type { AskSwitch } from '../services/session/sign-in'
import { client } from './runtime'

export type { SessionState } from './modules/session'
export type { AskSwitch } from '../services/session/sign-in'
export { findSignInLink } from '../services/session/sign-in-link'
export { SignInError, type SignInErrorCode } from '../services/session/sign-in-error'

/** Signs in with a token that somebody pasted. Throws SignInError. */
export async function signInWithToken(server: string, token: string, ask: AskSwitch): Promise<boolean> {
  return (await client()).signInWithToken(server, token, ask)
}

/** Signs in with a one-time link, after a question where somebody else is signed in; false: the answer was no. Throws SignInError. */
export async function signInWithLink(link: string, ask: AskSwitch): Promise<boolean> {
  return (await client()).signInWithLink(link, ask)
}

/** Signs out, offline too: nothing of the user stays on this device. */
export async function signOut(): Promise<void> {
  await (await client()).signOut()
}
