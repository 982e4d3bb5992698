import type { Account } from '../services/session/account'
import { useHerald } from './instances'
import { coreOf } from './parts'

/** Everything of whoever is signed in, for pages that are not shown to others. Rejects when nobody is. */
export async function signedInAccount(): Promise<Account> {
  const account = await coreOf(useHerald()).access.account()
  if (!account) throw new Error('nobody is signed in')
  return account
}
