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
}

/** What a message says of an earlier one. */
export interface Mark {
  readonly type: 'delivered' | 'displayed' | 'bounced'
  readonly peer: string
  /** Said by this account, on another device. */
  readonly out: boolean
  readonly id: string
}

/** A row of the list holds no more. */
export const MAX_BODY = 16_000

/** What a message means to a conversation; undefined: nothing. @param own the own bare address */
export function readLetter(found: Unwrapped, own: string): Letter | Mark | undefined {
  const { message, by } = found
  const { type, from, to, id } = message.attrs
  // Rooms are not read yet.
  if (type === 'groupchat') return undefined
  const sender = bareOf(from ?? own)
  const out = sender === own
  const peer = out ? bareOf(to ?? own) : sender
  const mark = markOf(message)
  if (mark) return { ...mark, peer, out }
  const body = childOf(message, 'body', NS.client)
  const text = body ? textOf(body) : ''
  if (text.trim() === '' || type === 'error' || !peer.includes('@')) return undefined
  const archiveId = found.archiveId ?? stanzaIdOf(message, own)
  // Copies and archives tell of what another device has answered for.
  const wantsReceipt = by === 'live' && !out && childOf(message, 'request', NS.receipts) !== undefined
  const time = found.stamp === undefined ? NaN : Date.parse(found.stamp)
  return {
    ...{ type: 'letter', peer, out, body: text.length > MAX_BODY ? `${text.slice(0, MAX_BODY - 1)}…` : text },
    ...(Number.isFinite(time) && time >= 0 && { time }),
    ...(id !== undefined && { id }),
    ...(archiveId !== undefined && { archiveId }),
    ...(wantsReceipt && from !== undefined && { receiptTo: from }),
    markable: !out && childOf(message, 'markable', NS.markers) !== undefined,
  }
}

function markOf(message: XmlElement): Pick<Mark, 'type' | 'id'> | undefined {
  const { type, id } = message.attrs
  if (type === 'error') return id === undefined ? undefined : { type: 'bounced', id }
  const received = childOf(message, 'received', NS.receipts)?.attrs['id']
  if (received !== undefined) return { type: 'delivered', id: received }
  const displayed = childOf(message, 'displayed', NS.markers)?.attrs['id']
  return displayed === undefined ? undefined : { type: 'displayed', id: displayed }
}
