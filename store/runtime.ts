import type { Account } from '../services/session/account'
import type { Client } from '../services/session/client'

/** What waits for the client, in the order of the calls. */
type Waiting = (client: Client) => void

interface Runtime {
  client: Client | null
  waiting: Waiting[]
  applyBadge: () => void
}

const runtime: Runtime = { client: null, waiting: [], applyBadge: () => undefined }

/** Gives the store's functions the services that they act on. Called once, by startHerald (tests: per case). */
export function setClient(client: Client | null): void {
  runtime.client = client
  const { waiting } = runtime
  runtime.waiting = []
  if (client) for (const act of waiting) act(client)
}

/** Gives `applyBadge` the platform's. */
export function setBadge(applyBadge: () => void): void {
  runtime.applyBadge = applyBadge
}

/** Shows the count on the tab bar again. uni refuses it while no tab page is on top, so tab pages call it in onShow. */
export function applyBadge(): void {
  runtime.applyBadge()
}

/** The running client; null while its code is on its way, which on H5 comes after the first list. */
export function runningClient(): Client | null {
  return runtime.client
}

/** Acts on the client: now, or as soon as it is there. */
export function withClient(act: Waiting): void {
  if (runtime.client) act(runtime.client)
  else runtime.waiting.push(act)
}

/** The client, as soon as it is there. */
export function client(): Promise<Client> {
  return new Promise((resolve) => {
    withClient(resolve)
  })
}

/** Everything of the signed-in user, as soon as it is there. Rejects when nobody is signed in: pages that need it are not shown then. */
export async function account(): Promise<Account> {
  const current = await (await client()).whenOpen()
  if (!current) throw new Error('nobody is signed in')
  return current
}
