import { allRows } from '../../../gateway/stores/sqlite/statements'
import { rangesHold, type Message, type ReadRanges } from '@herald/protocol'
import type { GatewayLife } from './gateway-life'
import { holds, type Sending } from './journal'
import type { Phone } from './phone'
import type { World } from './world'

/** What a service surely did not take lies on no screen. */
const NOT_TAKEN = new Set(['failed', 'refused', 'gone', 'quota'])

interface Row {
  readonly feed: string
  readonly epoch: string
  readonly first: number
  readonly last: number
  readonly state: string
  readonly reason: string
  readonly unknown: number
  readonly collapse: string | null
  readonly provider: string | null
}

/** A clear is asked for: what it takes off the screen has been read, all of it. */
export function judgeClear(
  world: World,
  phone: Phone,
  { collapseId, payload: { to } }: Sending,
  isRead: (message: Message) => boolean,
): void {
  const { journal } = world
  const shown = world
    .sendingsTo(phone.name)
    .filter(({ payload, ...sending }) => payload.type !== 'clear' && sending.collapseId === collapseId)
  for (const message of journal.kept) {
    const since = journal.publishedAt(message)
    const hadLeft = journal.hadLeftWithin(world.userOf(to), message.feed, since, world.clock.now)
    // What retention has dropped is read by nobody any more.
    const isGone = journal.trimmedAt(message) <= world.clock.now
    if (!isGone && !hadLeft && shown.some(({ payload }) => holds(payload, message.id)) && !isRead(message))
      journal.fail('taken back unread', phone.owner, `${message.feed} ${message.seq} on ${phone.name}`)
  }
}

/** What was pushed and has been read is taken back, by the name under which it lies on the screen. */
export async function judgeTakenBack(world: World, gateway: GatewayLife, phone: Phone): Promise<void> {
  const { journal } = world
  const { stay } = phone
  if (!stay) return
  const feeds = await gateway.opened.subscriptions.feedsOf(stay.user)
  const reads = new Map(feeds.map(({ feed, read }) => [feed, read]))
  const rows = allRows<Row>(
    gateway.opened.store.reader,
    `SELECT feed, epoch, first, last, state, reason, unknown, provider, collapse FROM pushes WHERE user = ? AND device = ?`,
    ...[stay.user, phone.name],
  )
  // Of a summary the last clear is the one by its own name: with its token gone there was no way for it any more.
  const unreachable = new Set(
    rows.flatMap(({ reason, collapse }) =>
      reason === 'clear_failed' && collapse !== null ? [collapse] : [],
    ),
  )
  for (const row of rows) {
    const { feed, first, last, state, reason } = row
    const since = Math.min(...messagesOf(world, row).map((message) => journal.publishedAt(message)))
    // Who leaves a feed and follows it again has read all of it, and nothing of an older log counts.
    if (journal.hadLeftWithin(stay.user, feed, since, Infinity)) continue
    if (feeds.find((one) => one.feed === feed)?.epoch !== row.epoch) continue
    const where = `${feed} ${first}-${last} on ${phone.name}`
    if (!isAllRead(world, phone, stay.user, row, reads.get(feed) ?? [])) continue
    const isGivenUp = state === 'cancelled' || state === 'dead'
    const mayLie = state === 'pushed' || (isGivenUp && row.unknown === 1)
    if (mayLie && row.provider !== null) journal.fail('not taken back', phone.owner, where)
    if (state !== 'cleared' || reason !== 'cleared') continue
    journal.count('taken back')
    if (isNamed(world, phone, row, { user: stay.user, reads })) continue
    if (row.collapse !== null && unreachable.has(row.collapse))
      journal.count('taken back in part: the token had gone before the rest was read')
    else journal.fail('taken back by another name', phone.owner, where)
  }
}

/** All that was shown of it was read, but for what retention had dropped before. */
function isAllRead(world: World, phone: Phone, user: string, row: Row, read: ReadRanges): boolean {
  const { journal } = world
  const shown = shownOf(world, phone, row)
  const ends = shown.map((message) => journal.readAt(user, message)).filter(Number.isFinite)
  const end = Math.max(...ends)
  return (
    ends.length > 0 &&
    shown.every((message) => rangesHold(read, message.seq) || journal.trimmedAt(message) < end)
  )
}

/** What a gateway that died had sent of a row is known to nobody: then all of it has to be read. */
function shownOf(world: World, phone: Phone, row: Row): Message[] {
  const own = messagesOf(world, row)
  const rings = ringsOf(world, phone, own)
  const isKnown = rings.every(({ answered }) => answered)
  return own.filter(({ id }) => !isKnown || rings.some(({ payload }) => holds(payload, id)))
}

const messagesOf = ({ journal }: World, { feed, first, last }: Row): Message[] =>
  journal.kept.filter((one) => one.feed === feed && one.seq >= first && one.seq <= last)

/** The pushes of these that may lie on the screen. */
const ringsOf = (world: World, phone: Phone, own: readonly Message[]): Sending[] =>
  world
    .sendingsTo(phone.name)
    .filter(
      ({ payload, fate, forgotten }) =>
        !forgotten && !NOT_TAKEN.has(fate) && own.some(({ id }) => holds(payload, id)),
    )

/** Each name under which these were pushed is one that a clear had, unless something is under it too that nobody read. */
function isNamed(
  world: World,
  phone: Phone,
  row: Row,
  { user, reads }: { user: string; reads: ReadonlyMap<string, ReadRanges> },
): boolean {
  const { journal } = world
  // Who leaves a feed reads nothing of it, also when he follows it again later and has read all of it by that.
  const isUnread = (message: Message): boolean =>
    !rangesHold(reads.get(message.feed) ?? [], message.seq) ||
    journal.hadLeftWithin(user, message.feed, journal.publishedAt(message), Infinity)
  const sendings = world.sendingsTo(phone.name)
  const rings = ringsOf(world, phone, messagesOf(world, row))
  const cleared = new Set(
    sendings.filter(({ payload }) => payload.type === 'clear').map((one) => one.collapseId),
  )
  return rings.every(({ collapseId }) => {
    const together = sendings.filter((one) => one.collapseId === collapseId)
    const hasUnread = journal.kept.some(
      (message) => together.some(({ payload }) => holds(payload, message.id)) && isUnread(message),
    )
    return hasUnread || cleared.has(collapseId)
  })
}
