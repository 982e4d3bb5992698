import {
  rangesHold,
  type Delivery,
  type DeliveryEvent,
  type DeliveryReason,
  type Message,
} from '@herald/protocol'
import type { DeviceRecord } from '../contracts/devices'
import type { PushRecord } from '../contracts/push-ledger'
import type { Knowledge } from './situations'

export interface DeliveryPage {
  readonly devices: readonly Delivery[]
  readonly more: string | null
}

type Standing = Pick<Delivery, 'state' | 'reason' | 'next'>

/** Answers, for each device of the people who follow a feed, what became of a message there, and why. */
export class Deliveries {
  readonly #knowledge: Knowledge

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge
  }

  /**
   * A page of devices by user and id.
   * @param only the user whose devices alone are told; undefined: everybody's
   * @param after where the page before ended, as it said in `more`
   */
  async page(
    message: Message,
    only: string | undefined,
    after: string,
    limit: number,
  ): Promise<DeliveryPage> {
    const [user = '', device = ''] = after.split(' ')
    const { devices, log } = this.#knowledge
    const { feed, time } = message
    const records = await devices.devicesOf({ feed, only, since: time, after: { user, device }, limit })
    const epoch = (await log.head(feed))?.epoch ?? ''
    const last = records.at(-1)
    return {
      devices: await Promise.all(records.map((record) => this.#describe(message, record, epoch))),
      more: records.length === limit && last ? `${last.user} ${last.id}` : null,
    }
  }

  async #describe(message: Message, device: DeviceRecord, epoch: string): Promise<Delivery> {
    const { pushes, acks } = this.#knowledge
    const { user, id } = device
    const row = await pushes.pushOf({ user, device: id }, message.feed, epoch, message.seq)
    const ack = await acks.ackOf(user, id, message.feed, epoch)
    const acked = ack !== undefined && ack.seq >= message.seq ? ack : undefined
    const standing: Standing = acked
      ? {
          state: 'acked',
          reason: typeof row?.acked === 'number' ? 'acked_late' : 'acked',
          next: row?.due ?? null,
        }
      : ((row && ofRow(row)) ?? (await this.#withoutPush(message, device, epoch)))
    return {
      ...{ user, device: id, platform: device.platform, ...standing },
      events: eventsOf(row, acked, message.seq),
    }
  }

  /** A device that no sweep has left anything about. */
  async #withoutPush({ feed, seq, time }: Message, device: DeviceRecord, epoch: string): Promise<Standing> {
    const { user, id } = device
    const { pushes, presence, subscriptions, devices } = this.#knowledge
    const due = await pushes.sweepDue(feed, seq)
    const lease = await presence.of(user, id)
    const read = (await subscriptions.followOf(user, feed, epoch))?.read ?? []
    if (device.ended !== undefined) return { state: 'cancelled', reason: 'signed_out', next: null }
    if (rangesHold(read, seq)) return { state: 'cancelled', reason: 'read', next: null }
    const registrations = await devices.registrationsOf(user, id)
    if (registrations.length === 0) return { state: 'none', reason: 'no_registration', next: null }
    if (due !== undefined)
      return { state: 'waiting', reason: lease ? 'awaiting_ack' : 'sweep_pending', next: due }
    const late = registrations.every(({ registered }) => registered > time)
    return { state: 'none', reason: late ? 'registered_later' : 'no_registration', next: null }
  }
}

/** Two states are the clear's; to somebody who asks for the message, it was pushed, if a service said so. */
function ofRow({ state, reason, due, accepted }: PushRecord): Standing {
  if (state !== 'clearing' && state !== 'cleared') return { state, reason, next: due }
  return { state: accepted === null ? 'cancelled' : 'pushed', reason, next: due }
}

/** An ack says how far, so only that of the newest message has a moment of its own; others came no later. */
function eventsOf(
  row: PushRecord | undefined,
  acked: { seq: number; time: number } | undefined,
  seq: number,
): readonly DeliveryEvent[] {
  const trail = row?.trail ?? []
  const reason: DeliveryReason = 'acked'
  const isNoted = trail.some((step) => step.reason === 'acked_late')
  return acked?.seq === seq && !isNoted ? [...trail, { time: acked.time, reason }] : trail
}
