import type { Message, PushPayload, ReadRanges } from '@herald/protocol'
import * as v from 'valibot'
import { Switches } from './switches'

/** What each message of this world says of itself: when it was published, ms of real time. */
const AskedSchema = v.object({ asked: v.number() })

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
  /** The gateway's store was put back to before it: nothing there knows of it. */
  forgotten: boolean
}

/** A time, in ms, in which a phone's app was dead or frozen. */
export interface Away {
  readonly stay: Stay | null
  readonly since: number
  until: number
  /** When the last of what it had sent before reached the gateway, ms; `since` when nothing was under way. */
  heardAt: number
  /** From then on, ms, the gateway had no tokens of it that their services take. */
  deafFrom: number
  /** When the session ends by which it registered, ms. */
  endsAt: number
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

/** How far a feed was trimmed; what a restore puts back is there again. */
interface Trim {
  readonly feed: string
  readonly from: number
  readonly at: number
  undone: boolean
}

/** From its stamp to the disk a message takes no longer, ms. */
const ON_ITS_WAY_MS = 1000

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
  /** What a restore has lost: published after the copy was made. */
  readonly lost = new Set<string>()
  /** When messages were published, ms of real time: their stamps are by the gateway's clock. */
  readonly #published = new Map<string, number>()
  /** When the gateway stamped with each of its times, ms of real time. */
  /** The message that is at a seq now. */
  readonly #places = new Map<string, string>()
  readonly #reads = new Map<string, number>()
  /** Reads as they were committed, whatever a restore has lost of them. */
  readonly #everRead = new Map<string, number>()
  readonly #mutes = new Switches()
  readonly #leaves = new Switches()
  /** How far each feed was trimmed, and when. */
  readonly #trims: Trim[] = []
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

  notePublished(message: Message): void {
    this.messages.set(message.id, message)
    this.#published.set(message.id, v.parse(AskedSchema, message.data).asked)
    this.#places.set(`${message.feed} ${message.seq}`, message.id)
  }

  /** When a message was published, ms of real time. */
  publishedAt({ id }: Pick<Message, 'id'>): number {
    return this.#published.get(id) ?? Infinity
  }

  /** What the log had, or has, but for what a restore has lost. */
  get kept(): Message[] {
    return [...this.messages.values()].filter(({ id }) => !this.lost.has(id))
  }

  /**
   * The store is as it was then: messages, reads and all else since are lost.
   * @param held the messages that the copy has: one that was stamped before it was made may have been stored behind it
   */
  putBack(to: number, held: ReadonlySet<string>): void {
    const now = this.#now()
    for (const [id, at] of this.#published)
      if (!held.has(id) && at > to - ON_ITS_WAY_MS && !this.lost.has(id)) {
        this.lost.add(id)
        this.count('messages that a restore has lost')
      }
    for (const [name, at] of this.#reads) if (at > to) this.#reads.delete(name)
    for (const trim of this.#trims) if (trim.at > to) trim.undone = true
    for (const sending of this.sendings)
      if (sending.begun > to) Object.assign(sending, { forgotten: true, recorded: null })
      // What is stored at the end of the very step at which the copy is made lies behind it.
      else if ((sending.recorded ?? 0) >= to) sending.recorded = null
    this.#mutes.putBack(to, now)
    this.#leaves.putBack(to, now)
    this.renewals.push(now)
  }

  /** A user's reads are on the disk. */
  noteRead(user: string, feed: string, added: ReadRanges): void {
    for (const [first, last] of added)
      for (let seq = first; seq <= last; seq += 1) {
        const name = `${user} ${this.#places.get(`${feed} ${seq}`) ?? ''}`
        this.#reads.set(name, this.#now())
        this.#everRead.set(name, this.#now())
      }
  }

  /** When a message was read, ms; a restore may have lost that. */
  readAt(user: string, { id }: Pick<Message, 'id'>): number {
    return this.#reads.get(`${user} ${id}`) ?? Infinity
  }

  /** When a message was last read, ms, whatever became of that. */
  everReadAt(user: string, { id }: Pick<Message, 'id'>): number {
    return this.#everRead.get(`${user} ${id}`) ?? Infinity
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
    this.#trims.push({ feed, from, at: this.#now(), undone: false })
  }

  /** When retention dropped a message, ms. */
  trimmedAt(message: Message): number {
    const { id, feed, seq } = message
    const since = this.publishedAt(message)
    const isLost = this.lost.has(id)
    const trim = this.#trims.find(
      (one) => one.feed === feed && one.from > seq && one.at >= since && (isLost || !one.undone),
    )
    return trim?.at ?? Infinity
  }

  /** Whether retention ever dropped it, also where a restore has brought it back. */
  wasTrimmed({ feed, seq }: Message): boolean {
    return this.#trims.some((one) => one.feed === feed && one.from > seq)
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
