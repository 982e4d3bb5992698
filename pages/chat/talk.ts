import type { Message } from '@herald/protocol'
import type { ChatsView } from '@/sdk/chats'
import type { ChatsKey } from '@/locale/chats'
import { isOwn } from '../chats/conversations'

/** What is said in a conversation, as a page shows it. */
export interface TalkLine {
  readonly key: string
  /** Who of a room has written it; '': nobody has to be named. */
  readonly name: string
  /** '': it was recalled. */
  readonly body: string
  /** ms since 1970. */
  readonly time: number
  readonly isOwn: boolean
  /** It begins a day. */
  readonly startsDay: boolean
  /** How far an own one is; null: it says nothing. */
  readonly state: ChatsKey | null
  /** Its sender has put these words in the place of others. */
  readonly isCorrected: boolean
  /** It came back: whom it was for has not got it. */
  readonly isFailed: boolean
}

const dayOf = (time: number): string => new Date(time).toDateString()

/** A conversation, oldest first, what is not sent yet at its end. @param rows newest first */
export function talkLines(rows: readonly Message[], feed: string, view: ChatsView): TalkLine[] {
  const conversation = view.conversations[feed]
  const stateOf = (rank: number): ChatsKey => {
    if (rank <= (conversation?.displayed ?? 0)) return 'chats.read'
    return rank <= (conversation?.delivered ?? 0) ? 'chats.delivered' : 'chats.sent'
  }
  const said = [...rows].reverse().map((row) => ({
    ...{ key: row.id, body: row.body, time: row.time, isOwn: isOwn(row) },
    name: conversation?.room && !isOwn(row) ? (row.title ?? '') : '',
    state: wordOf(row, stateOf),
    isCorrected: row.data?.['corrected'] === true,
    isFailed: row.data?.['failed'] === true,
  }))
  const unsent = view.unsent
    .filter((entry) => entry.feed === feed)
    .map(({ id, body, time }) => ({
      ...{ key: id, name: '', body, time, isOwn: true, state: 'chats.sending' as const },
      ...{ isCorrected: false, isFailed: false },
    }))
  return [...said, ...unsent].map((line, at, all) => {
    const before = all[at - 1]
    return { ...line, startsDay: before === undefined || dayOf(before.time) !== dayOf(line.time) }
  })
}

function wordOf(row: Message, stateOf: (rank: number) => ChatsKey): ChatsKey | null {
  if (!isOwn(row) || row.body === '') return null
  return row.data?.['failed'] === true ? 'chats.failed' : stateOf(rankOf(row))
}

/** One that came behind what was said after it has its place in another field. */
function rankOf({ seq, data }: Message): number {
  const rank = data?.['rank']
  return typeof rank === 'number' ? rank : seq
}
