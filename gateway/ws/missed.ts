import type { Bus } from '../contracts/bus'
import type { Missed, SharedPresence } from '../contracts/cluster'
import type { PushLedger } from '../contracts/push-ledger'
import type { Subscriptions } from '../contracts/subscriptions'
import { endedSince } from './ended-since'
import type { SocketEndpoint } from './endpoint'
import type { Hub } from './hub'

export interface MissedOptions {
  readonly bus: Pick<Bus, 'on'>
  readonly gateway: string
  readonly missed: Missed
  readonly presence: Pick<SharedPresence, 'elsewhere'>
  readonly subscriptions: Pick<Subscriptions, 'feedsOf'>
  readonly pushes: Pick<PushLedger, 'pushedTo'>
  readonly hub: Pick<Hub, 'heard' | 'grew' | 'refresh' | 'replaced' | 'pushed'>
  readonly endpoint: Pick<SocketEndpoint, 'live' | 'renew' | 'end'>
  readonly onFault: (error: unknown) => void
}

/**
 * When the bus may have lost something, asks the store for what live sockets here would have heard: how far their feeds go,
 * what their users follow and have read, what was pushed to them, which of them have ended, and which devices are at another gateway now.
 */
export function lookUpMissed(options: MissedOptions): void {
  let waiting = 0
  let isRunning = false
  const run = async (): Promise<void> => {
    isRunning = true
    while (waiting > 0) {
      const withinMs = waiting
      waiting = 0
      try {
        await lookUp(options, withinMs)
      } catch (error) {
        // The bus goes on telling that something is missed, for as long as something is.
        options.onFault(error)
      }
    }
    isRunning = false
  }
  options.bus.on('missed', ({ withinMs }) => {
    waiting = Math.max(waiting, withinMs)
    if (!isRunning) void run()
  })
}

async function lookUp(options: MissedOptions, withinMs: number): Promise<void> {
  await lookAtFeeds(options)
  const { live } = options.endpoint
  if (live.length === 0) return
  const users = [...new Set(live.map(({ user }) => user))]
  const tokens = [...new Set(live.map(({ tokenId }) => tokenId))]
  const devices = live.map(({ user, device }) => ({ user, device }))
  const { missed, presence, gateway, hub, endpoint, subscriptions, pushes } = options
  endpoint.end(endedSince(live, await missed.ended({ tokens, users, devices })))
  for (const { user, device } of await presence.elsewhere(gateway, devices)) hub.replaced(user, device)
  for (const user of await missed.changed(users, withinMs))
    hub.refresh(user, await subscriptions.feedsOf(user))
  for (const device of await missed.pushed(devices, withinMs))
    hub.pushed({ ...device, spans: await pushes.pushedTo(device) })
}

async function lookAtFeeds({ missed, hub, endpoint }: MissedOptions): Promise<void> {
  const { heard } = hub
  const heads = await missed.heads([...heard.keys()])
  // A stream that has not begun has no epoch yet, and asks for its head itself.
  const isRenewed = heads.some(({ feed, epoch }) => heard.get(feed) !== epoch && heard.get(feed) !== '')
  if (isRenewed) endpoint.renew()
  else for (const head of heads) hub.grew(head)
}
