import { COMPONENT, COMPONENT_SECRET, DOMAIN, type ChatAddress } from '@herald/engines/chat-server'
import { startJpushFake } from '@herald/push-fakes/jpush-fake'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startGateway, type GatewayProcess } from '../../e2e/gateway-process'
import { until } from '../gateway/process/until'
import type { Account } from './both-servers'

const KEYS = { appKey: 'app-key-of-jpush', masterSecret: 'master-secret-of-jpush' }

export const DEVICE = 'device-of-ann'

/** What an app calls an account. */
export const accountKey = ({ jid }: Account): string =>
  createHash('sha256').update(jid).digest('base64url').slice(0, 32)

/** A file that lists one chat server. */
export function chatServerFile({ componentPort }: ChatAddress, changes: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-xmpp-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'chat-servers.json')
  const server = `127.0.0.1:${String(componentPort)}`
  writeFileSync(file, JSON.stringify([{ name: COMPONENT, server, secret: COMPONENT_SECRET, ...changes }]))
  return file
}

/** A real gateway as a component of a chat server, with a phone of the user `me` that a push service reaches. */
export async function startStage(server: ChatAddress) {
  const fake = await startJpushFake(KEYS)
  onTestFinished(() => fake.close())
  const phone = fake.phones.add('1104a8979278ae64e75')
  const gateway = await startGateway({
    HERALD_XMPP_FILE: chatServerFile(server),
    HERALD_JPUSH_APP_KEY: KEYS.appKey,
    HERALD_JPUSH_MASTER_SECRET: KEYS.masterSecret,
    HERALD_JPUSH_URL: fake.url,
  })
  onTestFinished(() => gateway.dispose())
  await connected(gateway)
  const { token } = await gateway.readToken('me')
  const push = [{ provider: 'jpush', app: KEYS.appKey, token: phone.token }]
  await gateway.request('PUT', `/v1/me/devices/${DEVICE}`, { token, body: { platform: 'android', push } })
  return {
    ...{ gateway, fake, phone, token },
    /** What the phone enables push at the chat server with. */
    register: async (account: Account) => {
      const { status, body } = await gateway.request('PUT', `/v1/me/devices/${DEVICE}/xmpp`, {
        ...{ token, body: { account: accountKey(account), domain: DOMAIN } },
      })
      if (status !== 200) throw new Error(`${String(status)} ${JSON.stringify(body)}`)
      return body as unknown as { jid: string; node: string; secret: string }
    },
    /** What chat servers have said so far, by what was made of it. */
    publishes: async () => (await checkOf(gateway))?.publishes,
    /** What became of what chat servers said. */
    nudges: async (): Promise<{ state: string; reason: string; count: number }[]> => {
      const { body } = await gateway.request('GET', '/v1/users/me/nudges')
      return body['nudges'] as { state: string; reason: string; count: number }[]
    },
  }
}

interface Check {
  readonly up: boolean
  readonly ok: boolean
  readonly end: { readonly code: string } | null
  readonly away: { readonly from: number; readonly to: number } | null
  readonly publishes: Readonly<Record<'noted' | 'quiet' | 'unknown' | 'failed', number>>
}

export async function checkOf(gateway: GatewayProcess): Promise<Check | undefined> {
  const { body } = await gateway.request('POST', '/v1/chat-servers/check')
  return (body['chatServers'] as Check[])[0]
}

/** Waits until what is sent to the gateway reaches it. */
export const connected = (gateway: GatewayProcess): Promise<Check | undefined> =>
  until(
    () => checkOf(gateway),
    (check) => check?.ok === true,
    'the chat server is connected',
    60_000,
  )
