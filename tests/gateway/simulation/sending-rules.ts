import { rangesHold } from '@herald/protocol'
import type { PushTarget } from '../../../gateway/providers/provider'
import { SETTINGS } from '../escalation/push-settings'
import { judgeClear } from './clears'
import type { GatewayLife } from './gateway-life'
import { holds, type Sending } from './journal'
import type { Phone } from './phone'
import type { World } from './world'

/** No device that is there is pushed to sooner after a message, ms. */
const LEAST_DEADLINE_MS = SETTINGS.deadlines.backgroundMs

/** A socket that has been whole for so long has told the gateway of its app, ms. */
const LEASE_SURE_MS = 2000

interface Asked {
  readonly phone: Phone
  readonly target: PushTarget
  readonly sending: Sending
}

/** A provider is asked: what is read, left, or acked by that very device, must not be among it. */
export async function judgeSending(world: World, gateway: GatewayLife, asked: Asked): Promise<void> {
  const { phone, target, sending } = asked
  const { payload } = sending
  const { journal } = world
  journal.count(payload.type === 'clear' ? 'clears' : 'pushes')
  if (payload.type !== 'clear') journal.count(`pushes by ${sending.provider}`)
  const user = world.userOf(payload.to)
  if (user === '') throw new Error('a push for nobody')
  journal.tell(
    phone.owner,
    `push to ${phone.name} for ${user} by ${sending.provider}: ${sending.fate} ${world.describe(payload)}`,
  )
  const feeds = await gateway.opened.subscriptions.feedsOf(user)
  const registrations = await gateway.opened.devices.registrationsOf(user, phone.name)
  if (!registrations.some(({ token }) => token === target.token))
    journal.fail('pushed to who had left', phone.owner, `${world.describe(payload)} to ${phone.name}`)
  if (payload.type === 'clear') {
    const readOf = (feed: string) => feeds.find((state) => state.feed === feed)?.read ?? []
    judgeClear(world, phone, sending, ({ feed, seq }) => rangesHold(readOf(feed), seq))
    return
  }
  judgeEarly(world, user, asked)
  if (isUnderWay(world, asked))
    journal.fail('pushed while it was under way', phone.owner, `${world.describe(payload)} to ${phone.name}`)
  if (phone.app?.running && phone.app.visible && phone.network === 'good')
    journal.count('pushes to an app in front')
  for (const id of payload.type === 'summary' ? payload.ids : [payload.id]) {
    const message = journal.messages.get(id)
    if (!message) throw new Error('a push for a message that nobody published')
    const state = feeds.find(({ feed }) => feed === message.feed)
    const where = `${message.feed} ${message.seq} on ${phone.name}`
    if (!state) {
      journal.fail('pushed after its feed was left', phone.owner, where)
      continue
    }
    if (rangesHold(state.read, message.seq)) journal.fail('pushed after it was read', phone.owner, where)
    const acked = (await gateway.acks.ackOf(user, phone.name, message.feed, state.epoch))?.seq ?? 0
    if (acked >= message.seq) journal.fail('pushed after its ack', phone.owner, where)
  }
}

/** Another push of the same message has not been answered yet, to the gateway that lives. */
function isUnderWay(world: World, { phone, sending }: Asked): boolean {
  const { payload } = sending
  if (payload.type === 'clear') return false
  const ids = payload.type === 'message' ? [payload.id] : payload.ids
  return world
    .sendingsTo(phone.name)
    .some(
      (other) =>
        other !== sending &&
        !other.answered &&
        !other.forgotten &&
        other.begun >= world.troubledAt &&
        ids.some((id) => holds(other.payload, id)),
    )
}

/** An app that runs, and whose socket has been whole since before the message, has its time to ack. */
function judgeEarly(world: World, user: string, { phone, sending: { begun, payload } }: Asked): void {
  const { stay } = phone
  if (stay?.user !== user || !phone.allRun || payload.type === 'clear') return
  const ids = payload.type === 'message' ? [payload.id] : payload.ids
  const time = Math.min(...ids.map((id) => world.journal.publishedAt({ id })))
  const { whole, joined, calm } = phone.known(undefined)
  const since = Math.max(joined, stay.since) + LEASE_SURE_MS
  if (
    whole &&
    joined > calm &&
    since < time &&
    begun - time < LEAST_DEADLINE_MS &&
    !world.clockMovedWithin(time, begun)
  )
    world.journal.fail(
      'pushed before its deadline',
      phone.owner,
      `${world.describe(payload)} to ${phone.name}`,
    )
}
