import { childOf, textOf, type XmlElement } from '@herald/protocol'
import { NS } from './namespaces'
import { bareOf, peerOf, stanzaIdOf, type Unwrapped } from './origin'

/** A message that people read. */
export interface Letter {
  readonly type: 'letter'
  /** Whom the conversation is with. */
  readonly peer: string
  /** Who of a room has written it, by nick; '' is the room itself. Absent: the conversation is with one. */
  readonly nick?: string
  /** It was written by this account, on whichever device. */
  readonly out: boolean
  readonly body: string
  /** When it was sent, in ms since 1970, as a server says; absent: now. */
  readonly time?: number
  /** What the sender calls it: receipts and markers name it by this. */
  readonly id?: string
  /** What the own archive calls it. */
  readonly archiveId?: string
  /** Who wants to know that it came (XEP-0184). */
  readonly receiptTo?: string
  /** The sender wants to know that it was read (XEP-0333). */
  readonly markable: boolean
  /** It was changed by its sender since. */
  readonly edited?: 'corrected' | 'recalled'
  /** Where its archive has it among the rows of the conversation, by seq; absent: behind them. */
  readonly rank?: number
}

/** What a message says of an earlier one. */
export interface Mark {
  readonly type: 'delivered' | 'displayed' | 'bounced'
  readonly peer: string
  /** The same with its resource: not every room says that it is one. */
  readonly full?: string
  /** Said by this account, on another device. */
  readonly out: boolean
  readonly id: string
}

/** What the sender of a message says of it later (XEP-0308, XEP-0424). */
export interface Edit {
  readonly type: 'edit'
  readonly peer: string
  readonly nick?: string
  readonly out: boolean
  /** What its sender called the message, or, in a room, what its archive calls it. */
  readonly target: string
  /** What it says instead; null: it is recalled. */
  readonly instead: Letter | null
}

/** A row of the list holds no more. */
export const MAX_BODY = 16_000

/** Whose a message is. */
interface Place extends Pick<Letter, 'peer' | 'nick' | 'out'> {
  /** The address of the archive that names it. */
  readonly archive: string
}

/** What a message means to a conversation; undefined: nothing. @param own the own bare address */
export function readLetter(found: Unwrapped, own: string): Letter | Mark | Edit | undefined {
  const { message } = found
  const { type, from, to } = message.attrs
  // What is said to all in a room comes by the room's own door.
  if (type === 'groupchat') return undefined
  const out = bareOf(from ?? own) === own
  // Somebody in a room writes to this account alone (XEP-0045 §7.5).
  const isInRoom = childOf(message, 'x', NS.roomUsers) !== undefined
  const other = (out ? to : from) ?? own
  const peer = peerOf(other, isInRoom)
  const mark = markOf(message)
  return mark ? { ...mark, peer, full: peerOf(other), out } : readWords(found, { peer, out, archive: own })
}

/** What somebody has written. */
export function readWords(found: Unwrapped, place: Place): Letter | Edit | undefined {
  const { message } = found
  const { peer, nick, out } = place
  const who = { peer, out, ...(nick !== undefined && { nick }) }
  const recalled = recalledIn(message)
  if (recalled !== undefined) return { type: 'edit', ...who, target: recalled, instead: null }
  const letter = letterIn(found, place)
  const target = childOf(message, 'replace', NS.corrections)?.attrs['id']
  return letter && target !== undefined ? { type: 'edit', ...who, target, instead: letter } : letter
}

function letterIn({ message, by, archiveId: known, stamp }: Unwrapped, place: Place): Letter | undefined {
  const { archive, ...who } = place
  const { type, from, id } = message.attrs
  const body = childOf(message, 'body', NS.client)
  const text = body ? textOf(body) : ''
  if (text.trim() === '' || type === 'error' || !who.peer.includes('@')) return undefined
  const archiveId = known ?? stanzaIdOf(message, archive)
  // Copies and archives tell of what another device has answered for, and nobody answers a room.
  const isAsked = !who.out && who.nick === undefined
  const wantsReceipt = by === 'live' && isAsked && childOf(message, 'request', NS.receipts) !== undefined
  const time = stamp === undefined ? NaN : Date.parse(stamp)
  return {
    ...{ type: 'letter', ...who, body: cut(text) },
    ...(Number.isFinite(time) && time >= 0 && { time }),
    ...(id !== undefined && { id }),
    ...(archiveId !== undefined && { archiveId }),
    ...(wantsReceipt && from !== undefined && { receiptTo: from }),
    markable: isAsked && childOf(message, 'markable', NS.markers) !== undefined,
  }
}

/** Which message is recalled. The text beside it is for those who know no recalls. */
function recalledIn(message: XmlElement): string | undefined {
  const recalled = childOf(message, 'retract', NS.retractions)
  if (recalled) return recalled.attrs['id']
  const applied = childOf(message, 'apply-to', NS.fastening)
  return applied && childOf(applied, 'retract', NS.oldRetractions) && applied.attrs['id']
}

/** No half of a character stays at the end. */
const cut = (text: string): string =>
  text.length > MAX_BODY ? `${text.slice(0, MAX_BODY - 1).replace(/[\ud800-\udbff]$/, '')}…` : text

function markOf(message: XmlElement): Pick<Mark, 'type' | 'id'> | undefined {
  const { type, id } = message.attrs
  if (type === 'error') return id === undefined ? undefined : { type: 'bounced', id }
  const received = childOf(message, 'received', NS.receipts)?.attrs['id']
  if (received !== undefined) return { type: 'delivered', id: received }
  const displayed = childOf(message, 'displayed', NS.markers)?.attrs['id']
  return displayed === undefined ? undefined : { type: 'displayed', id: displayed }
}
