import { patternCovers } from '@herald/protocol'
import type { Bus } from '../contracts/bus'
import type { Store } from '../contracts/store'
import type { AckBuffer } from '../presence/ack-buffer'
import type { PresenceView } from '../presence/presence'
import type { RecipientOf } from './recipients'
import type { PushSettings } from '../process/push-settings'
import { Deliveries } from './deliveries'
import { Escalation } from './escalation'
import { NudgeSender } from './nudge-sender'
import type { RingObserver } from './ringer'
import { Sender, type SenderOptions } from './sender'
import { Situations, type Knowledge } from './situations'
import { Sweeper } from './sweeper'

export interface EscalationParts {
  readonly store: Pick<Store, 'log' | 'subscriptions' | 'devices' | 'pushes' | 'nudges'>
  readonly bus: Bus
  readonly acks: AckBuffer
  readonly presence: PresenceView
  readonly recipientOf: RecipientOf
  readonly findProvider: SenderOptions['findProvider']
  readonly settings: PushSettings
  /** Names this gateway among those that share a store. */
  readonly owner: string
  readonly now: () => number
  /** Whether what `now` says is not to be believed. */
  readonly doubtsClock: () => boolean
  /** Whether this gateway may begin anything; it may, when absent. */
  readonly mayWork?: () => boolean
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
  const { bus, acks, presence, settings, owner, now, doubtsClock, observer } = parts
  const { log, devices, subscriptions, pushes } = parts.store
  const knowledge: Knowledge = {
    ...{ log, subscriptions, devices, pushes, acks, presence },
    deadlines: settings.deadlines,
  }
  const situations = new Situations(knowledge)
  const shared = {
    ...{ knowledge, owner, now, doubtsClock, observer },
    ...{ findProvider: parts.findProvider, recipientOf: parts.recipientOf },
    lifeMs: settings.lifeMs,
    dailyPerDevice: settings.dailyPerDevice,
    badgeOf: async (user: string) =>
      (await subscriptions.feedsOf(user)).reduce((sum, { unread }) => sum + unread, 0),
  }
  const sender = new Sender({
    ...{ ...shared, situations, bus },
    showsContent: (feed) => !settings.idOnly.some((pattern) => patternCovers(pattern, feed)),
  })
  const nudges = new NudgeSender({
    ...{ ...shared, nudges: parts.store.nudges, circuits: sender.circuits, limit: sender.limit },
  })
  const sweeper = new Sweeper(knowledge, situations, owner, now)
  return {
    ...{ sender, sweeper },
    deliveries: new Deliveries(knowledge),
    escalation: new Escalation({
      ...{ pushes, bus, sweeper, sender, nudges, now, onFault: observer.fault },
      ...(parts.mayWork && { mayWork: parts.mayWork }),
    }),
  }
}
