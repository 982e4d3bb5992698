import { childOf, childrenOf, writeXml, type XmlElement } from '@herald/protocol'
import { AskError, isRefused } from './asks'
import { submitForm } from './forms'
import { NS } from './namespaces'

/** So many items are kept. "max" is a word that Prosody knows and ejabberd 23.01 does not, which in turn keeps one if nobody says a number. */
const KEPT = ['max', '1000', '256']

type Ask = (type: 'get' | 'set', child: string) => Promise<XmlElement>

/** A node at the account's own server (XEP-0163): a list that all devices of the account share, and nobody else reads. */
export class OwnNode {
  readonly #ask: Ask
  readonly #name: string
  #isConfigured = false

  constructor(ask: Ask, name: string) {
    this.#ask = ask
    this.#name = name
  }

  /** Its items, or one of them; undefined: the server has no such node. Rejects with an AskError that says anything else. */
  async items(id?: string): Promise<readonly XmlElement[] | undefined> {
    const wanted = id === undefined ? [] : [writeXml('item', { id })]
    const items = writeXml('items', { node: this.#name }, ...wanted)
    try {
      const answer = await this.#ask('get', writeXml('pubsub', { xmlns: NS.pubsub }, items))
      const pubsub = childOf(answer, 'pubsub', NS.pubsub)
      return itemsOf(pubsub && childOf(pubsub, 'items'))
    } catch (error) {
      if (isRefused(error)) return undefined
      throw error
    }
  }

  /** False: the server has no such nodes. Rejects with an AskError that says anything else. */
  async publish(id: string, content: string): Promise<boolean> {
    try {
      await this.#publish(id, content)
      return true
    } catch (error) {
      if (isRefused(error)) return false
      throw error
    }
  }

  /** As `publish`. */
  async retract(id: string): Promise<boolean> {
    const retract = writeXml('retract', { node: this.#name, notify: 'true' }, writeXml('item', { id }))
    try {
      await this.#ask('set', writeXml('pubsub', { xmlns: NS.pubsub }, retract))
      return true
    } catch (error) {
      if (isRefused(error)) return false
      throw error
    }
  }

  async #publish(id: string, content: string): Promise<void> {
    const publish = writeXml('publish', { node: this.#name }, writeXml('item', { id }, content))
    // Only what both servers take.
    const options = submitForm(NS.publishOptions, { 'pubsub#access_model': 'whitelist' })
    const pubsub = writeXml('pubsub', { xmlns: NS.pubsub }, publish, writeXml('publish-options', {}, options))
    try {
      await this.#ask('set', pubsub)
    } catch (error) {
      if (!(error instanceof AskError) || error.condition !== 'conflict') throw error
      // Another client has made the node, and otherwise.
      await this.#configure()
      await this.#ask('set', pubsub)
    }
    if (!this.#isConfigured) await this.#configure()
  }

  /** A server keeps one item unless it is told to keep more. */
  async #configure(): Promise<void> {
    this.#isConfigured = true
    for (const kept of KEPT) {
      const fields = { 'pubsub#access_model': 'whitelist', 'pubsub#max_items': kept }
      const form = submitForm('http://jabber.org/protocol/pubsub#node_config', fields)
      const configure = writeXml('configure', { node: this.#name }, form)
      try {
        await this.#ask('set', writeXml('pubsub', { xmlns: NS.pubsubOwner }, configure))
        return
      } catch (error) {
        if (!(error instanceof AskError) || error.condition === 'gone') throw error
      }
    }
  }
}

/** Items in an answer or in an event. */
export const itemsOf = (items: XmlElement | undefined): readonly XmlElement[] =>
  items ? childrenOf(items, 'item') : []
