import type { Message } from '@herald/protocol'
import type { Devices, Follower } from '../contracts/devices'
import type { FeedLog } from '../contracts/feed-log'
import type { PushLedger, Span } from '../contracts/push-ledger'
import type { Subscriptions } from '../contracts/subscriptions'
import type { AckBuffer } from '../presence/ack-buffer'
import type { KnownPresence, PresenceView } from '../presence/presence'
import type { Situation } from './decide'
import type { Deadlines } from '../process/push-settings'

/** What escalation knows the world by. */
export interface Knowledge {
  readonly log: FeedLog
  readonly subscriptions: Subscriptions
  readonly devices: Devices
  readonly pushes: PushLedger
  readonly acks: AckBuffer
  readonly presence: PresenceView
  readonly deadlines: Deadlines
}

/** A span, and when it was noted that something has to be decided on it, ms. */
type NotedSpan = Span & { readonly created: number }

/** Reads what `decide` looks at. Everything is an indexed read; nothing grows with the number of devices. */
export class Situations {
  readonly #knowledge: Knowledge

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge
  }

  /** The messages of a span that the log still has. */
  async messages({ feed, epoch, first, last }: Span): Promise<readonly Message[]> {
    const { log } = this.#knowledge
    if ((await log.head(feed))?.epoch !== epoch) return []
    const messages = await log.read(feed, { after: first - 1, limit: last - first + 1 })
    return messages.filter(({ seq }) => seq <= last)
  }

  /** What there is to decide about one device, when its follower is known. */
  async ofFollower(
    span: NotedSpan,
    messages: readonly Message[],
    { device, follow }: Follower,
    { presence, now }: { presence: KnownPresence; now: number },
  ): Promise<Situation> {
    const present = await this.#presenceOf(span, device.user, device.id, presence)
    return { ...present, messages, device, follow, now }
  }

  /** What is believed of the devices of these. */
  presenceAmong(followers: readonly Follower[]): KnownPresence | Promise<KnownPresence> {
    return this.#knowledge.presence.among([...new Set(followers.map(({ device }) => device.user))])
  }

  /** What there is to decide about one device. */
  async ofDevice(span: NotedSpan & { user: string; device: string }, now: number): Promise<Situation> {
    const { user, device, feed, epoch } = span
    const { devices, subscriptions } = this.#knowledge
    const [messages, record, follow, present] = await Promise.all([
      this.messages(span),
      devices.get(user, device),
      subscriptions.followOf(user, feed, epoch),
      this.#presenceOf(span, user, device, this.#knowledge.presence),
    ])
    return { ...present, messages, device: record, follow, now }
  }

  async #presenceOf(
    { feed, epoch, created: noted }: NotedSpan,
    user: string,
    device: string,
    presence: Pick<PresenceView, 'of' | 'activeBeside'>,
  ) {
    const { acks, deadlines } = this.#knowledge
    const ackedBy = async (id: string): Promise<number> => (await acks.ackOf(user, id, feed, epoch))?.seq ?? 0
    const [lease, beside] = await Promise.all([
      presence.of(user, device),
      presence.activeBeside(user, device),
    ])
    // Behind the lease: what a device that has just left acked before is there.
    const [acked, ...activeBeside] = await Promise.all([device, ...beside].map(ackedBy))
    return { deadlines, noted, acked: acked ?? 0, lease, activeBeside }
  }
}
