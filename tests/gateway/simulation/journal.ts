import type { Message, PushPayload, ReadRanges } from '@herald/protocol'
import { Switches } from './switches'

/** A person's time on one phone: what was presented before a sign-out is another's business. */
export interface Stay {
  readonly phone: string
  readonly user: string
  readonly since: number
  readonly number: number
}

/** Something that a person could see or that was decided to be silent. */
export interface Showing {
  readonly at: number
  readonly stay: Stay
  readonly id: string
  /** `app`: handed to the presenter. `tray`: put there by the system for a push. */
  readonly by: 'app' | 'tray'
  /** The rules of presentation let it be seen. */
  readonly visible: boolean
  /** The push service brought the same push once more; a person saw the first. */
  readonly copy: boolean
  readonly push: Sending | null
  /** What the phone could know then. */
  readonly known: Known
}

/** How well a phone was connected. Times in ms; `joined`: the last welcome reached it. */
export interface Known {
  readonly joined: number
  /** That welcome's socket is whole. */
  readonly whole: boolean
  /** The app was started. */
  readonly launched: number
  /** Since when its network was good, its app ran, and the gateway did. */
  readonly calm: number
  /** Whether a `pushed` frame for the message had reached it, and not just now. */
  readonly told: boolean
}

/** One call of a provider. */
export interface Sending {
  readonly begun: number
  /** When the service was first asked for this push, which may have been for its handle, ms. */
  readonly asked: number
  readonly phone: string
  readonly provider: string
  readonly payload: PushPayload
  readonly collapseId: string
  fate: string
  /** The gateway has it on record as accepted, from then on. */
  recorded: number | null
  /** The gateway that asked lived to hear the answer. */
  answered: boolean
  /** Copies that reached the phone. */
  arrived: number
}

/** A time, in ms, in which a phone's app was dead or frozen. */
export interface Away {
  readonly stay: Stay | null
  readonly since: number
  until: number
  /** From then on, ms, the gateway had no tokens of it that their services take. */
  deafFrom: number
  /** When the session ends by which it registered, ms. */
  readonly endsAt: number
}

/** From when to when something was out of order, ms. */
export interface Trouble {
  readonly from: number
  to: number
}

export interface Failure {
  readonly invariant: string
  readonly user: string
  readonly detail: string
}

/** What happened in a world, for the invariants, the counts and whoever replays it. */
export class Journal {
  readonly messages = new Map<string, Message>()
  readonly showings: Showing[] = []
  readonly sendings: Sending[] = []
  readonly failures: Failure[] = []
  /** What befell the world and its people, or would have, had it not been cut down. */
  readonly events: string[] = []
  /** When no gateway ran, ms from the beginning. */
  outages: Trouble[] = []
  /** Ids whose alert a kill took between their push, or "stored as presented", and the presenter: the promise allows that. */
  readonly lostAlerts = new Set<string>()
  readonly counts: Record<string, number> = {}
  readonly #reads = new Map<string, number>()
  readonly #mutes = new Switches()
  readonly #leaves = new Switches()
  /** How far each feed was trimmed, and when. */
  readonly #trims: { readonly feed: string; readonly from: number; readonly at: number }[] = []
  /** When the log began anew under other epochs, ms. */
  readonly renewals: number[] = []
  readonly #lines: string[] = []
  readonly #only: string | undefined
  readonly #now: () => number
  readonly #start: number

  /** @param only the user whose story is told line by line. */
  constructor(now: () => number, only: string | undefined) {
    this.#now = now
    this.#start = now()
    this.#only = only
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by
  }

  fail(invariant: string, user: string, detail: string): void {
    this.failures.push({ invariant, user, detail })
    this.tell(user, `FAIL ${invariant}: ${detail}`)
  }

  /** A user's reads are on the disk. */
  noteRead(user: string, feed: string, added: ReadRanges): void {
    for (const [first, last] of added)
      for (let seq = first; seq <= last; seq += 1) this.#reads.set(`${user} ${feed} ${seq}`, this.#now())
  }

  /** When a message was read, ms. */
  readAt(user: string, feed: string, seq: number): number {
    return this.#reads.get(`${user} ${feed} ${seq}`) ?? Infinity
  }

  noteMute(user: string, feed: string, muted: boolean): void {
    this.#mutes.note(`${user} ${feed}`, muted, this.#now())
  }

  wasMutedWithin(user: string, feed: string, from: number, to: number): boolean {
    return this.#mutes.wasOnWithin(`${user} ${feed}`, from, to)
  }

  /** A user has left a feed, or follows it. */
  noteLeft(user: string, feed: string, left: boolean): void {
    this.#leaves.note(`${user} ${feed}`, left, this.#now())
  }

  hadLeftWithin(user: string, feed: string, from: number, to: number): boolean {
    return this.#leaves.wasOnWithin(`${user} ${feed}`, from, to)
  }

  /** Retention has dropped what lies before `from`. */
  noteTrim(feed: string, from: number): void {
    this.count('trims')
    this.#trims.push({ feed, from, at: this.#now() })
  }

  /** When retention dropped a message, ms. */
  trimmedAt(feed: string, seq: number): number {
    return this.#trims.find((trim) => trim.feed === feed && trim.from > seq)?.at ?? Infinity
  }

  /** Whether the log began anew then. */
  wasRenewedWithin(from: number, to: number): boolean {
    return this.renewals.some((at) => from <= at && at <= to)
  }

  /** `user` is the person whose phones these are. */
  tell(user: string, what: string): void {
    if (this.#only === user) this.tellAll(what)
  }

  /** What concerns everybody. */
  tellAll(what: string): void {
    if (this.#only === undefined) return
    this.#lines.push(`${((this.#now() - this.#start) / 1000).toFixed(3)} ${what}`)
  }

  get story(): string {
    return this.#lines.join('\n')
  }

  /** One number for everything that was shown: two runs of a seed must give the same. */
  get digest(): string {
    const rows = this.showings.map(({ at, stay, id, by, visible }) => {
      const message = this.messages.get(id)
      return `${at} ${stay.phone} ${message?.feed ?? ''} ${message?.seq ?? 0} ${by} ${String(visible)}`
    })
    let value = 0
    for (const char of rows.sort().join('\n')) value = (Math.imul(value, 31) + char.charCodeAt(0)) | 0
    return `${rows.length}:${value}`
  }
}

/** Whether a push is of this message. */
export const holds = (payload: PushPayload, id: string): boolean =>
  payload.type !== 'clear' && (payload.type === 'message' ? payload.id === id : payload.ids.includes(id))
