import { patternCovers } from '@herald/protocol'
import type { AckLedger } from '../presence/ack-ledger'
import type { Presence } from '../presence/presence'
import type { RecipientOf } from './recipients'
import type { OpenedStore } from '../stores/sqlite/open'
import type { Deadlines } from './decide'
import { Deliveries } from './deliveries'
import { Escalation } from './escalation'
import type { RingObserver } from './ringer'
import { Sender, type SenderOptions } from './sender'
import { Situations, type Knowledge } from './situations'
import { Sweeper } from './sweeper'

/** What a person decides about pushes. */
export interface PushSettings {
  readonly deadlines: Deadlines
  /** Feeds and patterns of which pushes say only that there is something. */
  readonly idOnly: readonly string[]
  /** How long a message without an expiry is worth a push, ms. */
  readonly lifeMs: number
  /** Pushes that one device gets in a day; 0 is no limit. */
  readonly dailyPerDevice: number
}

export interface EscalationParts {
  readonly opened: OpenedStore
  readonly acks: AckLedger
  readonly presence: Presence
  readonly recipientOf: RecipientOf
  readonly findProvider: SenderOptions['findProvider']
  readonly settings: PushSettings
  /** Names this gateway among those that share a store. */
  readonly owner: string
  readonly now: () => number
  readonly observer: RingObserver
}

export interface OpenedEscalation {
  readonly escalation: Escalation
  readonly deliveries: Deliveries
  readonly sender: Sender
  readonly sweeper: Sweeper
}

/** Puts escalation together; it begins with `start`. */
export function openEscalation(parts: EscalationParts): OpenedEscalation {
  const { opened, acks, presence, settings, owner, now, observer } = parts
  const { store, log, devices, subscriptions } = opened
  const knowledge: Knowledge = { store, log, acks, devices, presence, deadlines: settings.deadlines }
  const situations = new Situations(knowledge)
  const sender = new Sender({
    ...{ knowledge, situations, owner, now, observer },
    ...{ findProvider: parts.findProvider, recipientOf: parts.recipientOf },
    lifeMs: settings.lifeMs,
    dailyPerDevice: settings.dailyPerDevice,
    badgeOf: (user) => subscriptions.feedsOf(user).reduce((sum, { unread }) => sum + unread, 0),
    showsContent: (feed) => !settings.idOnly.some((pattern) => patternCovers(pattern, feed)),
  })
  const sweeper = new Sweeper(knowledge, situations, owner, now)
  return {
    ...{ sender, sweeper },
    deliveries: new Deliveries(knowledge, situations),
    escalation: new Escalation({ store, sweeper, sender, owner, now, onFault: observer.fault }),
  }
}
