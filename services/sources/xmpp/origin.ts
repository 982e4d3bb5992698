import { childOf, childrenOf, type XmlElement } from '@herald/protocol'
import { NS } from './namespaces'

const FORWARD_NS = 'urn:xmpp:forward:0'
const DELAY_NS = 'urn:xmpp:delay'

/** An address without its resource, as it is compared. */
export const bareOf = (address: string): string => (address.split('/', 1)[0] ?? '').toLowerCase()

/** An address as a conversation's: without its resource, but for somebody in a room, who is called by it. */
export const peerOf = (address: string, isInRoom = true): string => {
  const at = address.indexOf('/')
  return at < 0 || !isInRoom ? bareOf(address) : bareOf(address) + address.slice(at)
}

/** A message, and how it came. */
export interface Unwrapped {
  readonly message: XmlElement
  /** `live`: by itself. `received`, `sent`: a copy of what another device got or sent. `archive`: a result of a query. */
  readonly by: 'live' | 'received' | 'sent' | 'archive'
  /** The id that the archive has for it, when it comes from there. */
  readonly archiveId?: string
  /** The query that the result belongs to, and the address of the archive that answers it. */
  readonly query?: string
  readonly archive?: string
  /** When it was sent, as the archive or the server says; absent: now. */
  readonly stamp?: string
}

/**
 * The message in a wrapper. Only the own account's server wraps carbons, and only an archive that was asked wraps results:
 * undefined for anybody else's, who would put words into a friend's mouth (XEP-0280 §11).
 * @param own the own bare address
 * @param archives addresses of archives that were asked: the own one, and rooms
 */
export function unwrap(
  stanza: XmlElement,
  own: string,
  archives: readonly string[] = [own],
): Unwrapped | undefined {
  const from = stanza.attrs['from']
  for (const by of ['received', 'sent'] as const) {
    const carbon = childOf(stanza, by, NS.carbons)
    if (!carbon) continue
    const message = isFrom(from, own) ? forwardedIn(carbon) : undefined
    return message && { by, ...message }
  }
  const result = childOf(stanza, 'result', NS.archive)
  if (!result) return { message: stanza, by: 'live', ...stampOf(stanza) }
  // Prosody leaves the address of one's own archive out. A room's with a resource is somebody in it.
  const archive = archives.find((one) =>
    one === own ? isFrom(from, own) : from !== undefined && from.toLowerCase() === one,
  )
  const message = archive === undefined ? undefined : forwardedIn(result)
  const { id, queryid } = result.attrs
  if (!message || archive === undefined || id === undefined) return undefined
  return {
    by: 'archive',
    archive,
    archiveId: id,
    ...(queryid !== undefined && { query: queryid }),
    ...message,
  }
}

/** No address is the own account's server. One with a resource is somebody's device. */
const isFrom = (from: string | undefined, own: string): boolean =>
  from === undefined || from.toLowerCase() === own

function forwardedIn(wrapper: XmlElement): Pick<Unwrapped, 'message' | 'stamp'> | undefined {
  const forwarded = childOf(wrapper, 'forwarded', FORWARD_NS)
  const message = forwarded && childOf(forwarded, 'message', NS.client)
  return message && { message, ...stampOf(forwarded) }
}

function stampOf(element: XmlElement): Pick<Unwrapped, 'stamp'> {
  const stamp = childOf(element, 'delay', DELAY_NS)?.attrs['stamp']
  return stamp === undefined ? {} : { stamp }
}

/**
 * The id that an archive gave a message: only what the archive itself says, since anybody may write such an element, and two
 * by the same one are none (XEP-0359 §6). @param archive the own bare address, or the room's
 */
export function stanzaIdOf(message: XmlElement, archive: string): string | undefined {
  const ids = childrenOf(message, 'stanza-id', NS.stanzaIds).filter(
    ({ attrs }) => attrs['by']?.toLowerCase() === archive,
  )
  return ids.length === 1 ? ids[0]?.attrs['id'] : undefined
}
