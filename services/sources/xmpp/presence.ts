import { childrenOf, writeXml, type XmlElement } from '@herald/protocol'
import { NS } from './namespaces'
import { submitForm } from './forms'

const NODE = 'https://herald.example/chat'

/** The last two ask the own server for what other devices do: the rooms that they are in, and what was read there. */
const FEATURES: readonly string[] = [
  ...[
    NS.capabilities,
    NS.disco,
    NS.ping,
    NS.markers,
    NS.receipts,
    NS.corrections,
    NS.retractions,
    NS.rooms,
    `${NS.bookmarks}+notify`,
    `${NS.displayedMarkers}+notify`,
  ],
]

const NAME = 'Herald'
/** SHA-1 of what is answered below (XEP-0115 §5.1): who changes that changes this. */
const HASH = 'YOiZm82JT94GOjhsWfHtev5DorQ='

/** Available, with what this client can do (XEP-0115). */
export function presence(): string {
  const caps = writeXml('c', { xmlns: NS.capabilities, hash: 'sha-1', node: NODE, ver: HASH })
  return writeXml('presence', { xmlns: NS.client }, caps)
}

/** Whether somebody asks something by it, and does not answer. */
export const isQuestion = ({ attrs: { type } }: XmlElement): boolean => type === 'get' || type === 'set'

/** What to send for a question of somebody: each has to be answered (RFC 6120 §8.2.3). */
export function answerTo(iq: XmlElement): string {
  const { id, from, type } = iq.attrs
  const [query] = childrenOf(iq)
  const isKnown = type === 'get' && (query?.ns === NS.ping || query?.ns === NS.disco)
  if (isKnown) {
    const about = query.ns === NS.disco ? [writeDisco(query.attrs['node'])] : []
    return writeXml('iq', { xmlns: NS.client, type: 'result', id, to: from }, ...about)
  }
  const condition = writeXml('service-unavailable', { xmlns: NS.stanzaErrors })
  const error = writeXml('error', { type: 'cancel' }, condition)
  return writeXml('iq', { xmlns: NS.client, type: 'error', id, to: from }, error)
}

function writeDisco(node: string | undefined): string {
  const identity = writeXml('identity', { category: 'client', type: 'phone', name: NAME })
  const features = FEATURES.map((name) => writeXml('feature', { var: name }))
  return writeXml('query', { xmlns: NS.disco, node }, identity, ...features)
}

/** What the gateway gives a device to be pushed by. */
export interface PushAddress {
  readonly jid: string
  readonly node: string
  readonly secret: string
}

/** Has the server tell the gateway what is new while this device is away (XEP-0357 §5). */
export function enablePush({ jid, node, secret }: PushAddress): string {
  return writeXml('enable', { xmlns: NS.push, jid, node }, submitForm(NS.publishOptions, { secret }))
}
