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
  /** Ms of a clock that never jumps; the machine's, when absent. */
  readonly elapsed?: () => number
}

/** After what time a look-up that failed is tried again, ms: so what was missed is found within five seconds of the store being back. */
const AGAIN_MS = 2000

/**
 * When the bus may have lost something, asks the store for what live sockets here would have heard: how far their feeds go,
 * what their users follow and have read, what was pushed to them, which of them have ended, and which devices are at another gateway now.
 * Asks until it has been answered: of one lost word the bus tells once.
 * @returns ends it
 */
export function lookUpMissed(options: MissedOptions): () => void {
  const { elapsed = () => performance.now() } = options
  /** What may have been lost after this is not looked up yet, by `elapsed`. */
  let since = Infinity
  let isRunning = false
  let isOver = false
  let again: NodeJS.Timeout | undefined
  const run = async (): Promise<void> => {
    clearTimeout(again)
    if (isRunning) return
    isRunning = true
    while (since < Infinity && !isOver) {
      const asked = since
      since = Infinity
      if (await isLookedUp(options, Math.ceil(elapsed() - asked))) continue
      since = Math.min(since, asked)
      break
    }
    isRunning = false
    if (since < Infinity && !isOver) again = setTimeout(() => void run(), AGAIN_MS)
  }
  const forget = options.bus.on('missed', ({ withinMs }) => {
    since = Math.min(since, elapsed() - withinMs)
    void run()
  })
  return () => {
    isOver = true
    clearTimeout(again)
    forget()
  }
}

async function isLookedUp(options: MissedOptions, withinMs: number): Promise<boolean> {
  try {
    await lookUp(options, Math.min(withinMs, Number.MAX_SAFE_INTEGER))
    return true
  } catch (error) {
    options.onFault(error)
    return false
  }
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
