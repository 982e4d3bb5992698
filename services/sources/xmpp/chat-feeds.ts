import type { Message, Range } from '@herald/protocol'
import type { Arrival } from '../../inbox/live-inbox'
import type { FeedRecord } from '../../storage/storage'
import type { SourceHost } from '../source'
import { chatFeed, messageId } from './chat-names'
import type { ChatStore } from './chat-record'
import type { Edit, Letter } from './letters'

/** The first message that a device sees of a conversation has this seq: older ones get those below it. */
export const FIRST_SEQ = 2 ** 40

/** What a row of a conversation says of its message. */
export interface ChatData {
  readonly archive?: string
  readonly stanza?: string
  readonly out?: true
  readonly markable?: true
  /** Its sender has put other words in the place of those that were there, or has recalled it: then the body is empty. */
  readonly corrected?: true
  readonly recalled?: true
  /** What was written here came back: whom it was for has not got it. */
  readonly failed?: true
  /** Its archive has it before rows that came first: there, between their seqs. Absent: where its own seq has it. */
  readonly rank?: number
}

/** What is said of a message of a chat. */
export const chatDataOf = ({ data }: Message): ChatData => data ?? {}

/** Where its archive has a row among those of its conversation. */
export const rankOf = (row: Message): number => chatDataOf(row).rank ?? row.seq

export interface ChatFeedsPorts {
  readonly host: SourceHost
  readonly store: ChatStore
  /** The own bare address. */
  readonly own: string
  readonly now: () => number
  /** Names the life of a conversation on this device. */
  readonly newEpoch: () => string
  /** All up to a word of one's own is read: other devices may have it in another order. */
  readonly answered: (feed: string) => void
}

/** The conversations as feeds: it gives numbers to what the server only names. */
export class ChatFeeds {
  readonly #ports: ChatFeedsPorts

  constructor(ports: ChatFeedsPorts) {
    this.#ports = ports
  }

  feedOf(peer: string): string {
    return chatFeed(this.#ports.own, peer)
  }

  /** The row of a message, by what its sender calls it, or its archive. */
  rowOf(peer: string, isIt: (data: ChatData, title: string | undefined) => boolean): Message | undefined {
    return this.#ports.host.rows(this.feedOf(peer)).find((row) => isIt(chatDataOf(row), row.title))
  }

  /** The row that an edit is of: only who wrote a message may change it, and of anybody else's there is none by this name. */
  rowOfEdit(edit: Edit): Message | undefined {
    return this.rowOf(edit.peer, (data, title) => {
      const isNamed = data.stanza === edit.target || (edit.nick !== undefined && data.archive === edit.target)
      return isNamed && (data.out ?? false) === edit.out && title === this.#writerOf(edit)
    })
  }

  /** The row up to a seq that is so and that the archive has last: what came late stands there before another. */
  rowAt(feed: string, end: number, isIt: (data: ChatData) => unknown): Message | undefined {
    return this.#ports.host
      .rows(feed)
      .find((row) => row.seq <= end && rankOf(row) === row.seq && isIt(chatDataOf(row)))
  }

  /** The rows of a conversation behind a seq. */
  since(feed: string, seq: number): readonly Message[] {
    return this.#ports.host.rows(feed).filter((row) => row.seq > seq)
  }

  /** Whether something has come behind a seq that its archive has named. */
  isNamedSince(feed: string, seq: number): boolean {
    return this.since(feed, seq).some((row) => chatDataOf(row).archive !== undefined)
  }

  /** The row of a message. Only one's own and what no archive names are known by what their senders call them. */
  find(letter: Letter): Message | undefined {
    const { archiveId, id, out, peer } = letter
    return this.rowOf(peer, (data, title) => {
      if (archiveId !== undefined && data.archive === archiveId) return true
      const isById = out || archiveId === undefined || data.archive === undefined
      const isTheirs = (data.out ?? false) === out && title === this.#writerOf(letter)
      return isById && id !== undefined && data.stanza === id && isTheirs
    })
  }

  /**
   * Puts messages behind those that are here, in their order, but those that are here already. Resolves when they are stored and presented.
   * @param arrivalOf how one of them comes
   * @param missed something before them is lost
   */
  async append(
    letters: readonly Letter[],
    arrivalOf: (letter: Letter) => Arrival,
    missed?: 'trimmed' | 'skipped',
  ): Promise<void> {
    const stored: Promise<void>[] = []
    const told = new Set<string>()
    for (const letter of letters) {
      if (this.find(letter)) continue
      const isNew = this.begin(letter.peer)
      const feed = this.feedOf(letter.peer)
      if (missed && !isNew && !told.has(feed)) stored.push(this.#tellGap(feed, missed))
      told.add(feed)
      stored.push(...this.#put(feed, letter, arrivalOf(letter)))
    }
    await Promise.all(stored)
  }

  /** Opens a conversation, if there is none. */
  begin(peer: string): boolean {
    const { host, store, newEpoch } = this.#ports
    const feed = this.feedOf(peer)
    if (!store.conversation(feed)) store.updateConversation(feed, peer)
    if (host.feeds()[feed]) return false
    // What was known of a life before this one says nothing of it.
    store.updateConversation(feed, peer, { told: 0, delivered: 0, displayed: 0 })
    const epoch = newEpoch()
    // What lies below is loaded when somebody scrolls there, and is not unread.
    const below = FIRST_SEQ - 1
    const state = {
      feed,
      epoch,
      from: 1,
      head: below,
      unread: 0,
      read: [[1, below]] as [number, number][],
      muted: false,
    }
    void host.deliver({ type: 'feed', state }, { catchUp: false })
    void host.deliver({ type: 'gap', feed, epoch, from: 1, to: below, reason: 'skipped' }, { catchUp: false })
    return true
  }

  /** A row says something else from now on. Resolves when that is stored. */
  revise(row: Message, patch: { readonly body?: string; readonly data: ChatData }): Promise<void> {
    const message = { ...row, ...patch, data: { ...row.data, ...patch.data } }
    return this.#ports.host.deliver({ type: 'revise', message }, { catchUp: false })
  }

  /** All that the archive has up to a message is read. @param coming rows that are not here yet */
  async readUpTo({ feed }: Message, rank: number, coming: readonly Message[] = []): Promise<void> {
    const { host } = this.#ports
    const record = host.feeds()[feed]
    if (!record) return
    const whole = Math.max(Math.floor(rank), record.from - 1)
    const late = [...this.since(feed, whole), ...coming].filter((row) => rankOf(row) <= rank)
    const ranges = [[record.from, whole], ...late.map(({ seq }): Range => [seq, seq])] as Range[]
    await host.deliver({ type: 'read', feed, epoch: record.epoch, ranges }, { catchUp: false })
  }

  #put(feed: string, letter: Letter, arrival: Arrival): Promise<void>[] {
    const { host, store } = this.#ports
    const record = host.feeds()[feed]
    if (!record) return []
    const message = this.#messageOf(feed, record.cursor + 1, letter)
    const { rank = Infinity, out } = letter
    const isPassed = !out && rank <= readEnd(record)
    // What comes before what was read is read, on all devices: before it is here, since what is read later loses its alert.
    const read = isPassed && this.readUpTo(message, rank, [message])
    // Whoever read here alone has not seen it. One's own words are no news to oneself.
    const isUnseen = isPassed && rank > (store.conversation(feed)?.told ?? 0)
    const how = { ...arrival, ...(isUnseen && { evenRead: true }), ...(out && { backlog: true }) }
    const put = host.deliver({ type: 'messages', feed, epoch: record.epoch, messages: [message] }, how)
    if (!out) return read ? [read, put] : [put]
    // Whoever answers has read.
    this.#ports.answered(feed)
    return [put, this.readUpTo(message, rankOf(message))]
  }

  async #tellGap(feed: string, reason: 'trimmed' | 'skipped'): Promise<void> {
    const record = this.#ports.host.feeds()[feed]
    if (!record) return
    const missing = record.cursor + 1
    const gap = { type: 'gap', feed, epoch: record.epoch, from: missing, to: missing, reason } as const
    await this.#ports.host.deliver(gap, { catchUp: true })
  }

  #messageOf(feed: string, seq: number, letter: Letter): Message {
    const before = this.#ports.host.rows(feed)[0]?.time ?? 0
    // The device's clock and the server's differ: a list whose times go back would show answers before questions.
    return this.messageAt(feed, seq, letter, Math.max(letter.time ?? this.#ports.now(), before))
  }

  /** A letter as a row. */
  messageAt(feed: string, seq: number, letter: Letter, time: number): Message {
    const { peer, nick, out, body, id, archiveId, markable, edited, rank } = letter
    const { own } = this.#ports
    // Two archives may call two messages the same.
    const of = nick === undefined ? '' : `${peer}\n`
    const title = this.#writerOf(letter)
    const name = of + (archiveId ?? `${out ? 'out' : title}\n${id ?? `${String(time)}\n${body}`}`)
    const data: ChatData = {
      ...(archiveId !== undefined && { archive: archiveId }),
      ...(id !== undefined && { stanza: id }),
      ...(out && { out }),
      ...(markable && { markable }),
      ...(edited && { [edited]: true as const }),
      ...(rank !== undefined && { rank }),
    }
    return {
      id: messageId(own, name),
      feed,
      seq,
      time,
      title,
      body,
      priority: 3,
      data: { ...data },
    }
  }

  /** Who has written it, as a row has it for its title. */
  #writerOf({ peer, nick, out }: Pick<Letter, 'peer' | 'nick' | 'out'>): string {
    if (out) return this.#ports.own
    return nick === undefined || nick === '' ? peer : nick
  }
}

/** Up to which seq all is read: a marker can say no more. */
export function readEnd({ from, read }: FeedRecord): number {
  const [first] = read
  return first && first[0] <= from ? first[1] : 0
}
