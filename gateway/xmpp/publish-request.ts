import { childOf, childrenOf, textOf, type XmlElement } from '@herald/protocol'

const PUBSUB_NS = 'http://jabber.org/protocol/pubsub'
const PUSH_NS = 'urn:xmpp:push:0'
const FORM_NS = 'jabber:x:data'

/** Longest address that is looked at; longer ones are nobody's (RFC 7622 §3.1 allows 3071 bytes). */
const MAX_ADDRESS = 500

/** A chat server's word that an account has something new (XEP-0357 §7). */
export interface PublishRequest {
  readonly node: string
  readonly secret: string
  /** Who wrote, without a resource; null when the server does not say. */
  readonly sender: string | null
  /**
   * Whether there is something to read. Prosody says only then what the text is, or stands for it; ejabberd too. For
   * typing, receipts and one's own messages from elsewhere the form has no text, or there is none.
   */
  readonly hasBody: boolean
}

/** Reads a publish; undefined when the stanza is none. */
export function readPublish(iq: XmlElement): PublishRequest | undefined {
  const pubsub = childOf(iq, 'pubsub', PUBSUB_NS)
  const publish = pubsub && childOf(pubsub, 'publish')
  if (!pubsub || !publish) return undefined
  const item = childOf(publish, 'item')
  const notification = item && childOf(item, 'notification', PUSH_NS)
  const summary = notification && fieldsOf(childOf(notification, 'x', FORM_NS))
  const options = childOf(pubsub, 'publish-options')
  const secrets = options && fieldsOf(childOf(options, 'x', FORM_NS))
  const sender = summary?.get('last-message-sender')?.split('/', 1)[0] ?? ''
  return {
    node: publish.attrs['node'] ?? '',
    secret: secrets?.get('secret') ?? '',
    sender: sender === '' || sender.length > MAX_ADDRESS ? null : sender,
    hasBody: (summary?.get('last-message-body') ?? '').trim() !== '',
  }
}

function fieldsOf(form: XmlElement | undefined): ReadonlyMap<string, string> {
  const fields = form ? childrenOf(form, 'field') : []
  return new Map(
    fields.map((field) => {
      const value = childOf(field, 'value')
      return [field.attrs['var'] ?? '', value === undefined ? '' : textOf(value)]
    }),
  )
}
