import type { Message, ReadRanges, TokenInfo } from '@herald/protocol'
import type { Bus } from '../../../../gateway/contracts/bus'
import type { Ack } from '../../../../gateway/contracts/acks'
import type { DeviceRecord, KnownRegistration } from '../../../../gateway/contracts/devices'
import type { Appended } from '../../../../gateway/contracts/feed-log'
import type { ChatNode } from '../../../../gateway/contracts/nudges'
import type { PushRecord, Sweep } from '../../../../gateway/contracts/push-ledger'
import type { KnownNudge } from './nudges'

/** A push with what it is claimed until, ms. */
export type KnownPush = PushRecord & { readonly claimed_until: number }

export interface Feed {
  readonly feed: string
  epoch: string
  from: number
  head: number
  lastTime: number
  readonly messages: Map<number, Message>
}

export interface KnownDevice {
  record: DeviceRecord
  session: string
  app: string | undefined
  readonly created: number
  seen: number
  live: boolean
}

/** Everything that a store in memory holds. Keys of several parts are joined by blanks, which no part holds. */
export class State {
  readonly now: () => number
  readonly bus: Pick<Bus, 'tell'>
  readonly feeds = new Map<string, Feed>()
  readonly publishes = new Map<string, { fingerprint: string; answer: Appended; time: number }>()
  readonly users = new Map<string, { id: string; name: string; created: number; disabled: number | null }>()
  readonly removed = new Set<string>()
  readonly tokens = new Map<string, { info: TokenInfo; revoked: boolean; used: number | null }>()
  readonly codes = new Map<string, { id: string; user: string; created: number; expires: number }>()
  readonly follows = new Map<string, Map<string, { muted: boolean }>>()
  readonly reads = new Map<string, { epoch: string; ranges: ReadRanges }>()
  readonly devices = new Map<string, KnownDevice>()
  readonly registrations = new Map<string, KnownRegistration & { user: string; device: string }>()
  readonly acks = new Map<string, Ack>()
  readonly sweeps = new Map<number, Sweep & { due: number; claimedUntil: number }>()
  readonly pushes = new Map<string, KnownPush>()
  readonly chatNodes = new Map<string, ChatNode>()
  readonly nudges = new Map<string, KnownNudge>()
  #last = 0

  constructor(now: () => number, bus: Pick<Bus, 'tell'>) {
    this.now = now
    this.bus = bus
  }

  /** A number, and so a name, that was never given before. */
  next(): number {
    return (this.#last += 1)
  }

  /** Runs a step as a whole, later: as a store on another machine answers, others come in between two of them. */
  async step<Result>(run: () => Result): Promise<Result> {
    await new Promise((resolve) => setImmediate(resolve))
    return run()
  }

  open(feed: string): Feed {
    const known = this.feeds.get(feed)
    if (known) return known
    const made = {
      ...{ feed, epoch: `e${String(this.next())}`, from: 1, head: 0, lastTime: 0 },
      messages: new Map<number, Message>(),
    }
    this.feeds.set(feed, made)
    return made
  }

  readOf(user: string, feed: string, epoch: string): ReadRanges {
    const read = this.reads.get(`${user} ${feed}`)
    return read?.epoch === epoch ? read.ranges : []
  }
}

/** By user and then device, as lists go. */
export const byDevice = (a: { user: string; id: string }, b: { user: string; id: string }): number =>
  a.user === b.user ? (a.id < b.id ? -1 : 1) : a.user < b.user ? -1 : 1
