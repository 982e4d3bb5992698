import { missingRanges, rangesHold, URGENT, type Message } from '@herald/protocol'
import { shownOf, type PushRow } from '../contracts/push-ledger'
import type { Provider } from '../providers/provider'
import type { Ring } from './ring'
import type { RingerOptions } from './ringer'

/** Pushes before a new one that it is told of. */
const MAX_ROWS = 100

/** What a push stands for beside its own messages: those of pushes before it that the device has not acked. */
export interface Standing {
  readonly messages: readonly Message[]
  /** Pushes that the service has taken, the oldest first; what stands for them takes their place on the screen. */
  readonly taken: readonly PushRow[]
  /** Until when one of the messages is worth a push, ms. */
  readonly expires: number
}

export const NOTHING: Standing = { messages: [], taken: [], expires: 0 }

type StandingOptions = Pick<RingerOptions, 'knowledge' | 'situations' | 'now' | 'lifeMs'>

/**
 * What a push has to stand for besides. A service that keeps one push for a device that is off drops the ones before
 * it: whatever of them is unacked and unread rings with the new one, or never. Where that is not certain, only
 * something more important than the new push is worth being said twice.
 */
export async function standingOf(
  ring: Ring,
  provider: Provider,
  options: StandingOptions,
): Promise<Standing> {
  if (provider.keeps === undefined) return NOTHING
  if (provider.keeps === 'perhaps_newest' && highest(ring.messages) >= URGENT) return NOTHING
  const rows = await rowsBefore(ring, provider, options)
  const waiting = await Promise.all(rows.map((row) => unseen(row, options)))
  const messages = waiting.flatMap((each) => each.messages)
  const taken = rows.filter((row, index) => row.accepted !== null && waiting[index]?.messages.length !== 0)
  if (provider.keeps === 'perhaps_newest' && highest(messages) <= highest(ring.messages)) return NOTHING
  return { messages, taken, expires: Math.max(0, ...waiting.map(({ expires }) => expires)) }
}

const highest = (messages: readonly Message[]): number =>
  Math.max(0, ...messages.map(({ priority }) => priority))

/** What the service has taken, or may have, for this device. */
async function rowsBefore(
  ring: Ring,
  { name }: Provider,
  { knowledge }: StandingOptions,
): Promise<PushRow[]> {
  const { taken, perhaps } = await knowledge.pushes.standing(ring.rows[0], MAX_ROWS)
  const own = new Set(ring.rows.map(nameOf))
  return [...taken.filter(({ provider }) => provider === name), ...perhaps]
    .filter((row) => !own.has(nameOf(row)))
    .sort((a, b) => a.created - b.created)
}

const nameOf = ({ feed, epoch, first }: PushRow): string => `${feed} ${epoch} ${String(first)}`

async function unseen(
  row: PushRow,
  { knowledge, situations, now, lifeMs }: StandingOptions,
): Promise<{ messages: Message[]; expires: number }> {
  const { user, device, feed, epoch, created } = row
  const follow = await knowledge.subscriptions.followOf(user, feed, epoch)
  if (!follow || follow.muted) return { messages: [], expires: 0 }
  const acked = (await knowledge.acks.ackOf(user, device, feed, epoch))?.seq ?? 0
  // What quiet hours kept silent does not ring with what comes after them.
  const shown = shownOf(row)
  const endOf = ({ time, expires }: Message): number => expires ?? Math.max(time, created) + lifeMs
  const messages = (await situations.messages(row)).filter(
    (message) =>
      rangesHold(shown, message.seq) &&
      message.seq > acked &&
      message.priority > 1 &&
      endOf(message) > now() &&
      missingRanges(follow.read, message.seq, message.seq).length > 0,
  )
  return { messages, expires: Math.max(0, ...messages.map(endOf)) }
}
