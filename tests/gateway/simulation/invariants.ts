import { rangesHold, type Message } from '@herald/protocol'
import { unreadOf } from '@/services/inbox/message-list'
import { getRow } from '../../../gateway/stores/sqlite/statements'
import type { GatewayLife } from './gateway-life'
import { judgeTakenBack } from './clears'
import { holds, type Sending, type Showing } from './journal'
import type { Phone } from './phone'
import { judgeTimeliness } from './timeliness'
import { stayKey, type World } from './world'

/** What was recorded as accepted so long before (ms) can be known to a phone whose network is good. */
const KNOWN_MS = 1000

/** How long a running app waits for a welcome before it shows what lay in a socket that has ended, ms. */
const REJOIN_MS = 10_000

/** Holds a healed world against the promise; what breaks it goes into the journal. */
export async function judge(world: World, gateway: GatewayLife): Promise<void> {
  judgeDoubles(world)
  for (const person of world.people)
    for (const phone of person.phones) {
      await judgeUnread(world, gateway, phone)
      await judgeMissing(world, gateway, phone)
      await judgeTimeliness(world, gateway, phone)
      await judgeTakenBack(world, gateway, phone)
      judgeTray(world, phone)
      await judgeRegistration(world, gateway, phone)
    }
  await Promise.resolve()
}

/** None presented twice. */
function judgeDoubles(world: World): void {
  const { journal } = world
  const groups = new Map<string, Showing[]>()
  for (const showing of journal.showings) {
    if (!showing.visible || showing.copy) continue
    const key = `${stayKey(showing.stay)} ${showing.id}`
    const group = groups.get(key)
    if (group) group.push(showing)
    else groups.set(key, [showing])
  }
  for (const [first, ...later] of groups.values()) {
    let before = first
    for (const showing of later) {
      if (before) judgePair(before, showing)
      before = showing
    }
  }

  function judgePair(first: Showing, second: Showing): void {
    const { phone } = first.stay
    const { feed, seq } = journal.messages.get(first.id) ?? { feed: '?', seq: 0 }
    const where = `${feed} ${seq} on ${phone}, ${first.by} then ${second.by}`
    const owner = `u${/^p(\d+)/.exec(phone)?.[1] ?? ''}`
    if (second.by === 'tray' && first.push?.collapseId === second.push?.collapseId && first.push)
      journal.count('doubles: a late copy of what had been tapped or cleared')
    else if (first.by === second.by) journal.fail('presented twice', owner, where)
    else if (second.by === 'app') {
      const copies = world
        .sendingsTo(phone)
        .filter(({ payload }) => holds(payload, first.id))
        .reduce((sum, { arrived }) => sum + arrived, 0)
      if (copies > 1) journal.count('doubles: the service brought it twice, then to the app')
      else if (couldKnow(first, second, KNOWN_MS + world.hintMs))
        journal.fail('presented twice', owner, where)
      else journal.count('doubles: the phone could not know of the push')
    } else if ((second.push?.begun ?? 0) < first.at) journal.count('doubles: the push was under way')
    // With the ack on record, `onSend` has failed already.
    else journal.count('doubles: the ack did not get through')
  }
}

/** Whether a phone that showed a message itself could know by then that a push had shown it. */
function couldKnow({ push }: Showing, { at, known }: Showing, knownMs: number): boolean {
  const recorded = push?.recorded
  if (known.told) return true
  if (typeof recorded !== 'number') return false
  // What a thawed app finds in a socket that had ended is older than the welcome of the next.
  if (known.joined > recorded && (known.launched > recorded || known.joined + knownMs < at)) return true
  // The word came by this very socket.
  if (known.whole && known.joined < recorded && Math.max(recorded, known.calm) + knownMs < at) return true
  // Without a socket an app waits so long before it shows what it has; in that time it could have got one.
  return known.joined < recorded && recorded < known.calm && known.calm + REJOIN_MS < at
}

/** Unread is the same everywhere. */
async function judgeUnread({ journal }: World, gateway: GatewayLife, phone: Phone): Promise<void> {
  for (const { client } of phone.tabs) {
    const { account } = client
    if (!account) {
      journal.fail('nobody is signed in', phone.owner, phone.name)
      continue
    }
    for (const { feed, unread } of await gateway.opened.subscriptions.feedsOf(account.session.user.id)) {
      const told = unreadOf(account.inbox, feed)
      if (told !== unread)
        journal.fail('unread differs', phone.owner, `${feed} on ${phone.name}: ${told}, gateway ${unread}`)
    }
  }
}

/**
 * What a restore has lost, and the app had in its list, lies in no tray: nobody can ever read it. Counted is what a
 * service brought when the app had taken that back, and what lies on a phone: the app empties its tray when it starts
 * (Android) or is looked at (iOS), as all do at the end, and the simulated one does not.
 */
function judgeTray({ journal }: World, phone: Phone): void {
  const renewedAt = journal.renewals.at(-1) ?? Infinity
  for (const { ids, at } of phone.tray) {
    if (!ids.every((id) => journal.lost.has(id) && phone.heard.has(id))) continue
    if (at > renewedAt) journal.count('pushes of lost messages that came late')
    else if (phone.platform !== 'h5') journal.count('notifications of lost messages that a look takes away')
    else journal.fail('left in the tray', phone.owner, `${ids.length} lost messages on ${phone.name}`)
  }
}

/** The gateway knows by which token each phone is rung, also after a restore that has lost that. */
async function judgeRegistration(world: World, gateway: GatewayLife, phone: Phone): Promise<void> {
  const { stay } = phone
  const ways = world.services.filter(({ name }) => phone.uses(name))
  if (!stay || ways.length === 0) return
  const known = await gateway.opened.devices.registrationsOf(stay.user, phone.name)
  if (!ways.some(({ name }) => known.some(({ token }) => token === phone.tokenOf(name))))
    world.journal.fail('not registered', phone.owner, `${stay.user} on ${phone.name}`)
}

/** No message unpresented. */
async function judgeMissing(world: World, gateway: GatewayLife, phone: Phone): Promise<void> {
  const { journal } = world
  const { stay } = phone
  if (!stay) return
  const shown = new Set(
    journal.showings.filter((showing) => showing.stay === stay).map((showing) => showing.id),
  )
  const feeds = new Map(
    (await gateway.opened.subscriptions.feedsOf(stay.user)).map((state) => [state.feed, state]),
  )
  for (const message of journal.kept) {
    const state = feeds.get(message.feed)
    if (!state || journal.publishedAt(message) <= stay.since || shown.has(message.id)) continue
    if (rangesHold(state.read, message.seq) || message.priority === 1) continue
    if (journal.lostAlerts.has(`${phone.name} ${message.id}`)) journal.count('alerts lost by a kill')
    else if (message.seq < state.from || journal.wasTrimmed(message))
      journal.count('trimmed before it was presented')
    else judgePushedAway(world, gateway, phone, message)
  }
}

/** It had expired, by the gateway's time, when a push rang for others of its feed. @param isOf which pushes, and which others */
function expiredBeside(
  world: World,
  phone: Phone,
  { id, feed, expires }: Message,
  isOf: (sending: Sending, other: Message) => boolean,
): boolean {
  const { journal } = world
  const since = journal.publishedAt({ id })
  return (
    expires !== undefined &&
    world
      .sendingsTo(phone.name)
      .some(
        (sending) =>
          !holds(sending.payload, id) &&
          expires <= sending.begun + world.aheadWithin(since, sending.begun) &&
          [...journal.messages.values()].some(
            (other) => other.feed === feed && holds(sending.payload, other.id) && isOf(sending, other),
          ),
      )
  )
}

/** What the app did not present must lie with a push service that said it took it and never brought it. */
function judgePushedAway(world: World, gateway: GatewayLife, phone: Phone, message: Message): void {
  const { journal } = world
  const where = `${message.feed} ${message.seq} on ${phone.name}`
  const row = getRow<{ accepted: number | null; reason: string; first: number; last: number }>(
    gateway.opened.store.reader,
    `SELECT accepted, reason, first, last FROM pushes WHERE device = ? AND user = ? AND feed = ? AND first <= ? AND last >= ?
     ORDER BY accepted DESC`,
    ...[phone.name, phone.stay?.user ?? '', message.feed, message.seq, message.seq],
  )
  const sendings = world.sendingsTo(phone.name).filter(({ payload }) => holds(payload, message.id))
  const isPushed = typeof row?.accepted === 'number'
  const { first = Infinity, last = 0 } = row ?? {}
  // Before a restore the gateway had it on record, and told the phone: of the whole row, too.
  const wasForgotten = sendings.some(({ fate, forgotten }) => forgotten && fate === 'lost')
  if (!isPushed && expiredBeside(world, phone, message, ({ forgotten }) => forgotten))
    journal.count('expired beside what rang, which a restore has lost')
  // It went with the others of its row as read, as far as the phone was told.
  else if (!isPushed && journal.everReadAt(phone.stay?.user ?? '', message) < Infinity)
    journal.count('read, which a restore has lost')
  else if (!isPushed && !wasForgotten)
    journal.fail('never presented', phone.owner, `${where}; ${row?.reason ?? 'no push'}`)
  // Its row went with others: the gateway's own rules kept it silent (quiet hours, say).
  else if (sendings.length === 0) journal.count('silent by the gateway’s rules, beside what rang')
  else if (sendings.some(({ arrived }) => arrived > 0))
    journal.fail('never presented', phone.owner, `${where}; its push came and showed nothing`)
  // What went again of a push that failed, or that nobody answered, had lost it: it was worth nothing by then.
  else if (expiredBeside(world, phone, message, (_, { seq }) => first <= seq && seq <= last))
    journal.count('expired before a service took it')
  else if (!sendings.some(({ fate }) => fate === 'lost'))
    journal.fail('never presented', phone.owner, `${where}; no service lost its push`)
  else journal.count('lost by a push service that had accepted')
}
