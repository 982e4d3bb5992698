import { createHmac, randomBytes } from 'node:crypto'
import type { Secrets } from '../contracts/secrets'

/** Characters of base64url: 132 bits, far more than collisions need. */
const LENGTH = 22

/**
 * Stands for a user in a push: without the gateway's secret nobody can tell whose it is, nor make one. A device gets
 * its own at registration and drops what was meant for somebody else.
 */
export type RecipientOf = (user: string) => string

/** Opens the secret that this store's recipients are made with; the first start makes it. */
export async function openRecipients(secrets: Secrets): Promise<RecipientOf> {
  const secret = await secrets.keep('recipients', randomBytes(32).toString('base64url'))
  return (user) => createHmac('sha256', secret).update(user).digest('base64url').slice(0, LENGTH)
}
