import { rangesHold, type Message } from '@herald/protocol'
import { getRow } from '../../../gateway/store/statements'
import type { GatewayLife } from './gateway-life'
import { holds, type Away } from './journal'
import type { Phone } from './phone'
import { STEP_MS, type World } from './world'

/**
 * How long a message for a phone that is away may wait for its push, ms: its lease ends within 1.5 heartbeats, a
 * device of the same user that is looked at holds it up no longer than that, and a burst is gathered for 10 s.
 */
const IN_TIME_MS = 60_000

/** A phone that was away for so long has no lease any more, ms. */
const LEASE_OVER_MS = 38_000

/** How long an urgent message for such a phone may wait, ms: nothing holds it up. */
const AT_ONCE_MS = 5_000

/** At this priority. */
const URGENT = 5

/** A service that the gateway leaves alone for so long, ms, explains a push that was late. */
const LONG_PAUSE_MS = 10_000

/** After a pause one push goes first, and the others when it was answered, ms. */
const TRIAL_MS = 16_000

/** After a start the gateway waits so long for devices that had a socket, ms. */
const RETURN_MS = 10_000

/** A service that was down is left alone for so long after, ms. */
const PAUSED_MS = 45_000

/**
 * Each message that comes while a phone is dead or frozen, and stays so, is handed in time to a push service that
 * answers it.
 */
export function judgeTimeliness(world: World, gateway: GatewayLife, phone: Phone): void {
  const { journal } = world
  for (const away of phone.aways) {
    if (!away.stay) continue
    const feeds = new Map(
      gateway.opened.subscriptions.feedsOf(away.stay.user).map((state) => [state.feed, state]),
    )
    for (const message of journal.messages.values()) {
      const state = feeds.get(message.feed)
      if (!state || message.time <= away.since) continue
      const atOnce = message.priority >= URGENT && message.time - away.since > LEASE_OVER_MS
      const latest = latestFor(world, message, atOnce ? AT_ONCE_MS : IN_TIME_MS)
      if (away.until < latest) continue
      const excuse = rangesHold(state.read, message.seq)
        ? 'read'
        : excuseFor(world, phone, away, message, latest)
      if (excuse !== undefined) journal.count(`need no push in time: ${excuse}`)
      else if (isRung(world, phone, message, latest))
        journal.count(`pushes that had to be ${atOnce ? 'at once' : 'in time'}`)
      else
        journal.fail(
          atOnce ? 'not pushed at once' : 'not pushed in time',
          phone.owner,
          `${message.feed} ${message.seq} at ${String(message.time - world.startedAt)} on ${phone.name}, away from ${String(away.since - world.startedAt)} to ${String(away.until - world.startedAt)}, until ${String(latest - world.startedAt)}: ${trailOf(gateway, away.stay.user, phone, message)}`,
        )
    }
  }
}

/** While the gateway is down nothing is pushed. */
function latestFor(world: World, { time }: Message, withinMs: number): number {
  let latest = time + withinMs
  for (const { from, to } of world.outages)
    if (from <= latest && to + RETURN_MS >= time) latest += Math.max(0, to - Math.max(from, time)) + RETURN_MS
  return latest
}

function excuseFor(
  world: World,
  phone: Phone,
  away: Away,
  message: Message,
  latest: number,
): string | undefined {
  if (!away.reachable) return 'no token that its services take'
  if (message.priority === 1) return 'priority 1'
  if (message.expires !== undefined && message.expires < latest) return 'expired'
  if (phone.hadQuietHours) return 'quiet hours'
  if (phone.hadMuted && message.feed.startsWith('topic:')) return 'muted'
  const down = world.services.some(
    ({ name, storms }) =>
      phone.uses(name) && storms.some(({ from, to }) => from <= latest && to + PAUSED_MS >= message.time),
  )
  if (down) return 'a service was down'
  const paused = world.services.some(
    ({ name, pausedAt }) => phone.uses(name) && isPaused(pausedAt, message.time, latest),
  )
  return paused ? 'a service was paused' : undefined
}

function isPaused(pausedAt: readonly number[], time: number, latest: number): boolean {
  if (latest - time < IN_TIME_MS) return pausedAt.some((at) => at >= time - TRIAL_MS && at <= latest)
  const seen = pausedAt.filter((at) => at >= time && at <= latest)
  return seen.length * STEP_MS >= LONG_PAUSE_MS
}

const isRung = (world: World, phone: Phone, { id }: Message, latest: number): boolean =>
  world
    .sendingsTo(phone.name)
    .some(({ payload, begun, answered }) => begun <= latest && answered && holds(payload, id))

/** What the gateway noted of a push, and when: seconds after the message. */
function trailOf(gateway: GatewayLife, user: string, { name }: Phone, { feed, seq, time }: Message): string {
  const row = getRow<{ trail: string }>(
    gateway.opened.store.reader,
    'SELECT trail FROM pushes WHERE user = ? AND device = ? AND feed = ? AND first <= ? AND last >= ?',
    ...[user, name, feed, seq, seq],
  )
  const steps = JSON.parse(row?.trail ?? '[]') as { time: number; reason: string }[]
  return steps.map((step) => `${String((step.time - time) / 1000)} s ${step.reason}`).join(', ') || 'no push'
}
