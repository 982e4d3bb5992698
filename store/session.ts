import { client } from './runtime'

export type { SessionState } from './modules/session'
export { parseSignInLink } from '@/services/session/sign-in-link'
export { SignInError, type SignInErrorCode } from '@/services/session/sign-in-error'

/** Signs in with a token that somebody pasted. Throws SignInError. */
export async function signInWithToken(server: string, token: string): Promise<void> {
  await (await client()).signInWithToken(server, token)
}

/** Signs in with a one-time link. Throws SignInError. */
export async function signInWithLink(link: string): Promise<void> {
  await (await client()).signInWithLink(link)
}

/** Signs out, offline too: nothing of the user stays on this device. */
export async function signOut(): Promise<void> {
  await (await client()).signOut()
}
