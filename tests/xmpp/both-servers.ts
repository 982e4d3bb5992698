import { addAccount } from '@herald/engines/chat-accounts'
import { DOMAIN, type ChatAddress } from '@herald/engines/chat-server'
import { findProgram } from '@herald/engines/find'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, inject } from 'vitest'

/** Runs tests once for each chat server. */
export const describeOnBoth = (name: string, tests: (server: ChatAddress) => void): void => {
  describe.each(['prosody', 'ejabberd'] as const)(`${name} on %s`, (server) => {
    tests(inject('chatServers')[server])
  })
}

/** An account of a chat server. */
export interface Account {
  readonly user: string
  readonly jid: string
  readonly password: string
}

let made = 0

/** An account that no other test has. */
export async function newAccount(server: ChatAddress, name: string): Promise<Account> {
  const user = `${name}-${String(process.pid)}-${String((made += 1))}`
  const password = `password of ${user}`
  await addAccount(server, user, password)
  return { user, jid: `${user}@${DOMAIN}`, password }
}

/** Sends a message by go-sendxmpp, a client that others wrote. */
export async function sendByForeignClient(
  { clientPort }: ChatAddress,
  from: Account,
  to: string,
  text: string,
): Promise<void> {
  const path = findProgram('go-sendxmpp') ?? 'go-sendxmpp'
  const server = `127.0.0.1:${String(clientPort)}`
  const child = spawn(path, ['-u', from.jid, '-p', from.password, '-j', server, '-n', to], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      said += bytes.toString()
    })
  child.stdin.end(text)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`go-sendxmpp: ${said}`)
}
