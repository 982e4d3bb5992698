import type { Message, ReadRanges } from '@herald/protocol'
import type { AckLedger } from '../presence/ack-ledger'
import {
  DEVICE_COLUMNS,
  toDevice,
  type DeviceDirectory,
  type DeviceRecord,
  type DeviceRow,
} from '../stores/sqlite/devices'
import type { Presence } from '../presence/presence'
import type { FeedLog } from '../contracts/feed-log'
import { allRows, getRow } from '../stores/sqlite/statements'
import type { Store } from '../stores/sqlite/engine'
import type { Deadlines, Situation } from './decide'

/** What escalation knows the world by. */
export interface Knowledge {
  readonly store: Store
  readonly log: FeedLog
  readonly acks: AckLedger
  readonly devices: DeviceDirectory
  readonly presence: Presence
  readonly deadlines: Deadlines
}

/** Some messages of one feed, in one life of its log. */
export interface Span {
  readonly feed: string
  readonly epoch: string
  readonly first: number
  readonly last: number
}

/** A device that follows a feed and can be rung. */
export interface Follower {
  readonly device: DeviceRecord
  readonly follow: NonNullable<Situation['follow']>
}

interface FollowRow {
  readonly muted: number
  readonly epoch: string | null
  readonly ranges: string | null
}

type FollowerRow = DeviceRow & FollowRow

/** Reads what `decide` looks at. Everything is an indexed read; nothing grows with the number of devices. */
export class Situations {
  readonly #knowledge: Knowledge

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge
  }

  /** The messages of a span that the log still has. */
  async messages({ feed, epoch, first, last }: Span): Promise<readonly Message[]> {
    const { log } = this.#knowledge
    if (log.head(feed)?.epoch !== epoch) return []
    const messages = await log.read(feed, { after: first - 1, limit: last - first + 1 })
    return messages.filter(({ seq }) => seq <= last)
  }

  /** A page of the devices that follow a feed and can be rung, by user and device, after one of them. */
  followers({ feed, epoch }: Span, after: { user: string; device: string }, limit: number): Follower[] {
    const rows = allRows<FollowerRow>(
      this.#knowledge.store.reader,
      `SELECT ${DEVICE_COLUMNS}, follows.muted, reads.epoch, reads.ranges
       FROM follows JOIN devices ON devices.user = follows.user
         LEFT JOIN reads ON reads.user = follows.user AND reads.feed = follows.feed
       WHERE follows.feed = ? AND follows.user >= ? AND (follows.user > ? OR devices.id > ?) AND devices.ended IS NULL
         AND EXISTS (SELECT 1 FROM registrations AS r WHERE r.user = devices.user AND r.device = devices.id)
       ORDER BY follows.user, devices.id LIMIT ?`,
      ...[feed, after.user, after.user, after.device, limit],
    )
    return rows.map((row) => ({ device: toDevice(row), follow: toFollow(row, epoch) }))
  }

  /** What there is to decide about one device, when its follower is known. */
  ofFollower(span: Span, messages: readonly Message[], { device, follow }: Follower, now: number): Situation {
    return { ...this.#presenceOf(span, device.user, device.id), messages, device, follow, now }
  }

  /** What there is to decide about one device. */
  async ofDevice(span: Span & { user: string; device: string }, now: number): Promise<Situation> {
    const { user, device } = span
    return {
      ...this.#presenceOf(span, user, device),
      messages: await this.messages(span),
      device: this.#knowledge.devices.get(user, device),
      follow: this.followOf(user, span.feed, span.epoch),
      now,
    }
  }

  /** Whether and how a user follows a feed. */
  followOf(user: string, feed: string, epoch: string): Situation['follow'] {
    const row = getRow<FollowRow>(
      this.#knowledge.store.reader,
      `SELECT follows.muted, reads.epoch, reads.ranges FROM follows
         LEFT JOIN reads ON reads.user = follows.user AND reads.feed = follows.feed
       WHERE follows.user = ? AND follows.feed = ?`,
      user,
      feed,
    )
    return row && toFollow(row, epoch)
  }

  #presenceOf({ feed, epoch }: Span, user: string, device: string) {
    const { presence, acks, deadlines } = this.#knowledge
    const ackedBy = (id: string): number => acks.ackOf(user, id, feed, epoch)?.seq ?? 0
    return {
      deadlines,
      acked: ackedBy(device),
      lease: presence.of(user, device),
      activeBeside: presence.activeBeside(user, device).map(ackedBy),
    }
  }
}

function toFollow(row: FollowRow, epoch: string): Follower['follow'] {
  const read = row.ranges !== null && row.epoch === epoch ? (JSON.parse(row.ranges) as ReadRanges) : []
  return { muted: row.muted === 1, read }
}
