import { childOf, textOf, type XmlElement } from '@herald/protocol'
import { NS } from './namespaces'
import { bareOf, stanzaIdOf, type Unwrapped } from './origin'

/** A message that people read. */
export interface Letter {
  readonly type: 'letter'
  /** Whom the conversation is with. */
  readonly peer: string
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
}

/** What a message says of an earlier one. */
export interface Mark {
  readonly type: 'delivered' | 'displayed' | 'bounced'
  readonly peer: string
  /** Said by this account, on another device. */
  readonly out: boolean
  readonly id: string
}

/** What the sender of a message says of it later (XEP-0308, XEP-0424). */
export interface Edit {
  readonly type: 'edit'
  readonly peer: string
  readonly out: boolean
  /** What its sender called the message. */
  readonly target: string
  /** What it says instead; null: it is recalled. */
  readonly instead: Letter | null
}

/** A row of the list holds no more. */
export const MAX_BODY = 16_000

/** What a message means to a conversation; undefined: nothing. @param own the own bare address */
export function readLetter(found: Unwrapped, own: string): Letter | Mark | Edit | undefined {
  const { message } = found
  const { type, from, to } = message.attrs
  // Rooms are not read yet.
  if (type === 'groupchat') return undefined
  const sender = bareOf(from ?? own)
  const out = sender === own
  const peer = out ? bareOf(to ?? own) : sender
  const mark = markOf(message)
  if (mark) return { ...mark, peer, out }
  const recalled = recalledIn(message)
  if (recalled !== undefined) return { type: 'edit', peer, out, target: recalled, instead: null }
  const letter = letterIn(found, own, peer, out)
  const target = childOf(message, 'replace', NS.corrections)?.attrs['id']
  return letter && target !== undefined ? { type: 'edit', peer, out, target, instead: letter } : letter
}

function letterIn(
  { message, by, archiveId: known, stamp }: Unwrapped,
  own: string,
  peer: string,
  out: boolean,
): Letter | undefined {
  const { type, from, id } = message.attrs
  const body = childOf(message, 'body', NS.client)
  const text = body ? textOf(body) : ''
  if (text.trim() === '' || type === 'error' || !peer.includes('@')) return undefined
  const archiveId = known ?? stanzaIdOf(message, own)
  // Copies and archives tell of what another device has answered for.
  const wantsReceipt = by === 'live' && !out && childOf(message, 'request', NS.receipts) !== undefined
  const time = stamp === undefined ? NaN : Date.parse(stamp)
  return {
    ...{ type: 'letter', peer, out, body: cut(text) },
    ...(Number.isFinite(time) && time >= 0 && { time }),
    ...(id !== undefined && { id }),
    ...(archiveId !== undefined && { archiveId }),
    ...(wantsReceipt && from !== undefined && { receiptTo: from }),
    markable: !out && childOf(message, 'markable', NS.markers) !== undefined,
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
