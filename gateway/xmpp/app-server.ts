import { HeraldError, childOf, writeXml, type XmlElement } from '@herald/protocol'
import { timingSafeEqual } from 'node:crypto'
import type { Devices } from '../contracts/devices'
import type { ChatNode, Nudges } from '../contracts/nudges'
import { readPublish, type PublishRequest } from './publish-request'

const DISCO_INFO_NS = 'http://jabber.org/protocol/disco#info'
const DISCO_ITEMS_NS = 'http://jabber.org/protocol/disco#items'
const PING_NS = 'urn:xmpp:ping'
const STANZAS_NS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Prosody says the same word twice within 1.06 s; ejabberd says it for each message of a burst (ms). */
const COALESCE_MS = 1200

/** What is answered, for the metrics. `quiet`: there was nothing to read. */
export type PublishOutcome = 'noted' | 'quiet' | 'unknown' | 'failed'

interface AppServerParts {
  readonly nudges: Pick<Nudges, 'nodeOf' | 'note'>
  readonly devices: Pick<Devices, 'get' | 'registrationsOf'>
  readonly secretOf: (node: string) => string
  readonly now: () => number
  readonly onPublish: (outcome: PublishOutcome) => void
  readonly onFault: (error: unknown) => void
}

/** An answer of type `error` (RFC 6120 §8.3). `wait`: the server keeps the node; `cancel` with `item-not-found` ends it. */
type Refusal = readonly [type: 'cancel' | 'wait' | 'modify', condition: string]

const UNKNOWN: Refusal = ['cancel', 'item-not-found']

/** Answers what chat servers ask of the gateway: what it is, whether it is there, and to take their word (XEP-0357). */
export class AppServer {
  readonly #parts: AppServerParts

  constructor(parts: AppServerParts) {
    this.#parts = parts
  }

  /** The answer to a stanza that asks for one; undefined for everything else. Never throws. */
  async answer(stanza: XmlElement): Promise<string | undefined> {
    const { type } = stanza.attrs
    if (stanza.name !== 'iq' || (type !== 'get' && type !== 'set')) return undefined
    const publish = type === 'set' ? readPublish(stanza) : undefined
    if (publish) return this.#answerPublish(stanza, publish)
    if (type === 'get' && childOf(stanza, 'ping', PING_NS)) return result(stanza)
    if (type === 'get' && childOf(stanza, 'query', DISCO_INFO_NS)) return result(stanza, APP_SERVER)
    if (type === 'get' && childOf(stanza, 'query', DISCO_ITEMS_NS))
      return result(stanza, writeXml('query', { xmlns: DISCO_ITEMS_NS }))
    return refusal(stanza, ['cancel', 'service-unavailable'])
  }

  async #answerPublish(stanza: XmlElement, publish: PublishRequest): Promise<string> {
    const outcome = await this.#take(stanza.attrs['from'] ?? '', publish)
    this.#parts.onPublish(typeof outcome === 'string' ? outcome : outcome === UNKNOWN ? 'unknown' : 'failed')
    return typeof outcome === 'string' ? result(stanza) : refusal(stanza, outcome)
  }

  /** What is our own trouble is never `cancel`: ejabberd would forget the device for good. */
  async #take(from: string, publish: PublishRequest): Promise<'noted' | 'quiet' | Refusal> {
    const { nudges, now, onFault } = this.#parts
    try {
      const node = await nudges.nodeOf(publish.node)
      if (!node || !this.#isMeant(node, from, publish) || !(await this.#canAlert(node))) return UNKNOWN
      if (!publish.hasBody) return 'quiet'
      const noted = now()
      const isKept = await nudges.note({
        ...{ node: publish.node, sender: publish.sender },
        ...{ now: noted, due: noted + COALESCE_MS },
      })
      return isKept ? 'noted' : UNKNOWN
    } catch (error) {
      onFault(error)
      const isStore = error instanceof HeraldError && error.code === 'storage_unavailable'
      return ['wait', isStore ? 'resource-constraint' : 'internal-server-error']
    }
  }

  /** Only the account's own server knows the secret, and only its word counts. */
  #isMeant({ node, domain }: ChatNode, from: string, { secret }: PublishRequest): boolean {
    const [expected, given] = [Buffer.from(this.#parts.secretOf(node)), Buffer.from(secret)]
    const isSecret = expected.length === given.length && timingSafeEqual(expected, given)
    return isSecret && domainOf(from) === domain
  }

  /** Whether the device is there, and a push service reaches it. */
  async #canAlert({ user, device }: ChatNode): Promise<boolean> {
    const { devices, now } = this.#parts
    const record = await devices.get(user, device)
    if (!record || record.ended !== undefined || (record.expires !== null && record.expires <= now()))
      return false
    return (await devices.registrationsOf(user, device)).length > 0
  }
}

/** The domain of an address (RFC 7622 §3). */
export const domainOf = (address: string): string => {
  const [bare = ''] = address.split('/', 1)
  return bare.slice(bare.indexOf('@') + 1).toLowerCase()
}

const APP_SERVER = writeXml(
  'query',
  { xmlns: DISCO_INFO_NS },
  writeXml('identity', { category: 'pubsub', type: 'push', name: 'Herald' }),
  ...[DISCO_INFO_NS, DISCO_ITEMS_NS, PING_NS, 'urn:xmpp:push:0'].map((feature) =>
    writeXml('feature', { var: feature }),
  ),
)

const back = ({ attrs }: XmlElement, type: string) => ({
  ...{ type, id: attrs['id'], to: attrs['from'], from: attrs['to'] },
})

const result = (stanza: XmlElement, ...children: readonly string[]): string =>
  writeXml('iq', back(stanza, 'result'), ...children)

const refusal = (stanza: XmlElement, [type, condition]: Refusal): string =>
  writeXml(
    'iq',
    back(stanza, 'error'),
    writeXml('error', { type }, writeXml(condition, { xmlns: STANZAS_NS })),
  )
