import type { Message } from '@herald/protocol'
import { getRow } from '../../../gateway/stores/sqlite/statements'
import { after, merged, overlap } from './available-time'
import type { GatewayLife } from './gateway-life'
import { holds, type Away, type Sending, type Trouble } from './journal'
import type { Phone } from './phone'
import { STEP_MS, type World } from './world'

/**
 * How long a message for a phone that is away may wait for its push, ms: its lease ends within 1.5 heartbeats, a
 * device of the same user that is looked at holds it up no longer than that, and a burst is gathered for 10 s.
 */
const IN_TIME_MS = 60_000

/** A phone of which the gateway has heard nothing for so long has no lease any more, ms. */
const LEASE_OVER_MS = 38_000

/** Other gateways know that a lease is over somewhat later, ms: as gateway/presence/everywhere.ts. */
const TOLD_MS = 2000

/** How long an urgent message for such a phone may wait, ms: nothing holds it up. */
const AT_ONCE_MS = 5_000

/** At this priority. */
const URGENT = 5

/** After a start the gateway waits so long for devices that had a socket, ms. */
const RETURN_MS = 10_000

/** What was taken up before the disk was full, and could not be stored, is taken up again after this, ms: as gateway/escalation/sender.ts. */
const CLAIM_MS = 60_000

/** How long JPush may take to give the handle of the next try, ms: as push-service.ts. A gateway that ends meanwhile had asked. */
const HANDLE_MS = 4000

/** How long a push that its service did not take waits for its next try, at most, ms: as gateway/escalation/retry.ts. */
const retryMs = (tries: number): number => 1000 * 2 ** tries + 1500

/**
 * Each message that comes while a phone is dead or frozen, and stays so, is handed in time to a push service that may
 * have taken it. Time in which no push could go does not count: the gateway was down, or left each of the phone's
 * services alone.
 */
export async function judgeTimeliness(world: World, gateway: GatewayLife, phone: Phone): Promise<void> {
  const blocked = blockedTimes(world, phone)
  for (const away of phone.aways) {
    const { stay } = away
    if (!stay) continue
    const feeds = new Set((await gateway.opened.subscriptions.feedsOf(stay.user)).map(({ feed }) => feed))
    for (const message of world.journal.messages.values()) {
      const time = world.journal.publishedAt(message)
      if (feeds.has(message.feed) && time > away.since)
        judgeOne(world, gateway, phone, { away, user: stay.user, message, time, blocked })
    }
  }
}

interface Case {
  readonly away: Away
  readonly user: string
  readonly message: Message
  /** When it was published, ms. */
  readonly time: number
  readonly blocked: readonly Trouble[]
}

function judgeOne(world: World, gateway: GatewayLife, phone: Phone, one: Case): void {
  const { journal, startedAt } = world
  const { away, user, message, time, blocked } = one
  const atOnce =
    message.priority >= URGENT && time - away.heardAt > LEASE_OVER_MS + (world.hintMs > 0 ? TOLD_MS : 0)
  const { handed, latest } = findPush(world, phone, one, atOnce ? AT_ONCE_MS : IN_TIME_MS, blocked)
  if (away.until < latest) return
  if (handed) {
    journal.count(`pushes that had to be ${atOnce ? 'at once' : 'in time'}`)
    return
  }
  const excuse = excuseFor(world, phone, one, latest)
  if (excuse !== undefined) {
    journal.count(`need no push in time: ${excuse}`)
    return
  }
  const since = (at: number): string => String(at - startedAt)
  journal.fail(
    atOnce ? 'not pushed at once' : 'not pushed in time',
    phone.owner,
    `${message.feed} ${message.seq} at ${since(time)} on ${phone.name}, away from ${since(away.since)} to ${since(away.until)}, until ${since(latest)}: ${trailOf(gateway, user, phone, message)}`,
  )
}

/** When no push for the phone could go. What failed by one way goes on by the next, and after the last by any. */
function blockedTimes(world: World, phone: Phone, failedAt?: string): Trouble[] {
  const ways = world.services.filter(({ name }) => phone.uses(name))
  const left = ways.slice(ways.findIndex(({ name }) => name === failedAt) + 1)
  const [first, ...others] = left.length > 0 ? left : ways
  const paused = others.reduce(
    (spans, { blocked }) => overlap(spans, merged(blocked)),
    merged(first?.blocked ?? []),
  )
  const ended = world.outages.map(({ from, to }) => ({ from, to: to + RETURN_MS }))
  const full = world.fullDisks.map(({ from, to }) => ({ from, to: to + CLAIM_MS }))
  return merged([...ended, ...full, ...paused, ...world.clockLosses, ...world.clockDoubts])
}

/** The first try of a message that its service may have taken, if it came in time; what surely failed is tried again. */
function findPush(
  world: World,
  phone: Phone,
  { message: { id }, time }: Case,
  withinMs: number,
  blocked: readonly Trouble[],
): { handed: boolean; latest: number } {
  let latest = after(time, withinMs, blocked)
  const sendings = world.sendingsTo(phone.name)
  for (const sending of sendings.filter(({ payload }) => holds(payload, id))) {
    if (sending.asked > latest) break
    if (sending.fate === 'failed' || sending.fate === 'quota')
      latest = Math.max(
        latest,
        after(
          sending.begun,
          retryMs(triesOf(sendings, sending)) + (phone.uses('jpush') ? HANDLE_MS : 0),
          blockedTimes(world, phone, sending.provider),
        ),
      )
    // Whoever asked and died before the time was over has to ask again; when it was over, it had been handed on.
    else if (sending.answered || sending.recorded !== null || !diedWithin(world, sending.begun, latest))
      return { handed: true, latest }
  }
  return { handed: false, latest }
}

const diedWithin = ({ outages }: World, from: number, to: number): boolean =>
  outages.some((outage) => outage.from >= from && outage.from < to)

/** How often what is in this push had failed, this time included. */
function triesOf(sendings: readonly Sending[], { payload, begun }: Sending): number {
  if (payload.type === 'clear') return 0
  const ids = payload.type === 'message' ? [payload.id] : payload.ids
  const tries = ids.map((id) => sendings.filter((one) => one.begun <= begun && holds(one.payload, id)).length)
  return Math.max(...tries)
}

function excuseFor(
  world: World,
  phone: Phone,
  { away, user, message, time }: Case,
  latest: number,
): string | undefined {
  const { journal } = world
  const { feed, priority, expires } = message
  if (away.deafFrom <= latest) return 'no token that its services take'
  if (away.endsAt <= latest) return 'its session had ended'
  if (priority === 1) return 'priority 1'
  if (expires !== undefined && expires <= latest + world.aheadWithin(time, latest)) return 'expired'
  if (priority < URGENT && phone.wasQuietWithin(time, latest)) return 'quiet hours'
  if (journal.wasMutedWithin(user, feed, time, latest)) return 'muted'
  if (journal.hadLeftWithin(user, feed, time, latest)) return 'left'
  if (journal.trimmedAt(message) <= latest) return 'trimmed'
  if (journal.wasRenewedWithin(time - STEP_MS, latest)) return 'the log began anew'
  return journal.everReadAt(user, message) <= latest ? 'read' : undefined
}

/** What the gateway noted of a push, and when: seconds after the message. */
function trailOf(gateway: GatewayLife, user: string, { name }: Phone, { feed, seq, time }: Message): string {
  const row = getRow<{ trail: string }>(
    gateway.opened.store.reader,
    'SELECT trail FROM pushes WHERE user = ? AND device = ? AND feed = ? AND first <= ? AND last >= ? ORDER BY created',
    ...[user, name, feed, seq, seq],
  )
  const steps = JSON.parse(row?.trail ?? '[]') as { time: number; reason: string }[]
  return steps.map((step) => `${String((step.time - time) / 1000)} s ${step.reason}`).join(', ') || 'no push'
}
