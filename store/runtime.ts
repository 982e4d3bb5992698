import type { Account } from '@/services/session/account'
import type { Client } from '@/services/session/client'

interface Runtime {
  client: Client | null
  applyBadge: () => void
}

const runtime: Runtime = { client: null, applyBadge: () => undefined }

/** Gives the store's functions the services that they act on. Called once, by startHerald (tests: per case). */
export function setClient(client: Client | null): void {
  runtime.client = client
}

/** Gives `applyBadge` the platform's. */
export function setBadge(applyBadge: () => void): void {
  runtime.applyBadge = applyBadge
}

/** Shows the count on the tab bar again. uni refuses it while no tab page is on top, so tab pages call it in onShow. */
export function applyBadge(): void {
  runtime.applyBadge()
}

/** The running client. Throws before startHerald. */
export function client(): Client {
  if (!runtime.client) throw new Error('startHerald() was not called')
  return runtime.client
}

/** Everything of the signed-in user. Throws when nobody is signed in: pages that need it are not shown then. */
export function account(): Account {
  const { account: current } = client()
  if (!current) throw new Error('nobody is signed in')
  return current
}
