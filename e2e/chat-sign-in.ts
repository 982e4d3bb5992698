import type { ChatAddress } from '@herald/engines/chat-server'
import type { Account } from '../tests/xmpp/both-servers'
import type { HeraldApp } from './herald-app'

/** Fills in the form of a chat account, and sends it. */
export async function signInToChat(
  { page }: HeraldApp,
  { jid, password }: Account,
  { websocketUrl }: ChatAddress,
): Promise<void> {
  await page.getByLabel('Chat address').fill(jid)
  await page.getByLabel('Password').fill(password)
  await page.getByLabel('Server’s WebSocket address').fill(websocketUrl)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}
