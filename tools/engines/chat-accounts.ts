import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DOMAIN, type ChatAddress } from './chat-server'
import { findProgram } from './find.mjs'

/** Makes an account. */
export async function addAccount(
  { name, accounts }: ChatAddress,
  user: string,
  password: string,
): Promise<void> {
  if (name === 'prosody') {
    const path = findProgram('prosodyctl') ?? 'prosodyctl'
    await promisify(execFile)(path, ['--config', accounts, 'register', user, DOMAIN, password])
    return
  }
  const response = await fetch(`${accounts}/register`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ user, host: DOMAIN, password }),
  })
  if (!response.ok) throw new Error(`ejabberd: ${String(response.status)} ${await response.text()}`)
}
