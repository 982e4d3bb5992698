import type { Delivery, DeliveryEvent, DeliveryReason, Message } from '@herald/protocol'
import { rangesHold } from '@herald/protocol'
import { DEVICE_COLUMNS, toDevice, type DeviceRecord, type DeviceRow } from '../stores/sqlite/devices'
import { allRows, getRow } from '../stores/sqlite/statements'
import { PUSH_COLUMNS, type PushRow } from '../stores/sqlite/push-rows'
import type { Knowledge, Situations } from './situations'

export interface DeliveryPage {
  readonly devices: readonly Delivery[]
  readonly more: string | null
}

type Standing = Pick<Delivery, 'state' | 'reason' | 'next'>

/** Answers, for each device of the people who follow a feed, what became of a message there, and why. */
export class Deliveries {
  readonly #knowledge: Knowledge
  readonly #situations: Situations

  constructor(knowledge: Knowledge, situations: Situations) {
    this.#knowledge = knowledge
    this.#situations = situations
  }

  /**
   * A page of devices by user and id.
   * @param only the user whose devices alone are told; undefined: everybody's
   * @param after where the page before ended, as it said in `more`
   */
  page(message: Message, only: string | undefined, after: string, limit: number): DeliveryPage {
    const [user = '', device = ''] = after.split(' ')
    const rows = allRows<DeviceRow>(
      this.#knowledge.store.reader,
      `SELECT ${DEVICE_COLUMNS} FROM follows JOIN devices ON devices.user = follows.user
       WHERE follows.feed = ? AND follows.user >= ? AND (follows.user > ? OR devices.id > ?)
         AND (? IS NULL OR follows.user = ?) AND (devices.ended IS NULL OR devices.ended > ?)
       ORDER BY follows.user, devices.id LIMIT ?`,
      ...[message.feed, user, user, device, only ?? null, only ?? null, message.time, limit],
    )
    const last = rows.at(-1)
    return {
      devices: rows.map((row) => this.#describe(message, toDevice(row))),
      more: rows.length === limit && last ? `${last.user} ${last.id}` : null,
    }
  }

  #describe(message: Message, device: DeviceRecord): Delivery {
    const epoch = this.#knowledge.log.head(message.feed)?.epoch ?? ''
    const row = this.#pushOf(message, device, epoch)
    const ack = this.#knowledge.acks.ackOf(device.user, device.id, message.feed, epoch)
    const acked = ack !== undefined && ack.seq >= message.seq ? ack : undefined
    const standing: Standing = acked
      ? {
          state: 'acked',
          reason: typeof row?.acked === 'number' ? 'acked_late' : 'acked',
          next: row?.due ?? null,
        }
      : ((row && ofRow(row)) ?? this.#withoutPush(message, device, epoch))
    return {
      ...{ user: device.user, device: device.id, platform: device.platform, ...standing },
      events: eventsOf(row, acked, message.seq),
    }
  }

  #pushOf({ feed, seq }: Message, { user, id }: DeviceRecord, epoch: string): PushRow | undefined {
    const row = getRow<PushRow>(
      this.#knowledge.store.reader,
      `SELECT ${PUSH_COLUMNS} FROM pushes WHERE user = ? AND device = ? AND feed = ? AND epoch = ? AND first <= ?
       ORDER BY first DESC LIMIT 1`,
      ...[user, id, feed, epoch, seq],
    )
    return row && row.last >= seq ? row : undefined
  }

  /** A device that no sweep has left anything about. */
  #withoutPush({ feed, seq, time }: Message, device: DeviceRecord, epoch: string): Standing {
    const due = getRow<{ due: number }>(
      this.#knowledge.store.reader,
      'SELECT due FROM sweeps WHERE feed = ? AND first <= ? AND last >= ? LIMIT 1',
      ...[feed, seq, seq],
    )
    const lease = this.#knowledge.presence.of(device.user, device.id)
    const read = this.#situations.followOf(device.user, feed, epoch)?.read ?? []
    if (device.ended !== undefined) return { state: 'cancelled', reason: 'signed_out', next: null }
    if (rangesHold(read, seq)) return { state: 'cancelled', reason: 'read', next: null }
    const registrations = this.#knowledge.devices.registrationsOf(device.user, device.id)
    if (registrations.length === 0) return { state: 'none', reason: 'no_registration', next: null }
    if (due) return { state: 'waiting', reason: lease ? 'awaiting_ack' : 'sweep_pending', next: due.due }
    const late = registrations.every(({ registered }) => registered > time)
    return { state: 'none', reason: late ? 'registered_later' : 'no_registration', next: null }
  }
}

/** Two states are the clear's; to somebody who asks for the message, it was pushed, if a service said so. */
function ofRow({ state, reason, due, accepted }: PushRow): Standing {
  if (state !== 'clearing' && state !== 'cleared') return { state, reason, next: due }
  return { state: accepted === null ? 'cancelled' : 'pushed', reason, next: due }
}

/** An ack says how far, so only that of the newest message has a moment of its own; others came no later. */
function eventsOf(
  row: PushRow | undefined,
  acked: { seq: number; time: number } | undefined,
  seq: number,
): DeliveryEvent[] {
  const trail = row ? (JSON.parse(row.trail) as DeliveryEvent[]) : []
  const reason: DeliveryReason = 'acked'
  const isNoted = trail.some((step) => step.reason === 'acked_late')
  return acked?.seq === seq && !isNoted ? [...trail, { time: acked.time, reason }] : trail
}
