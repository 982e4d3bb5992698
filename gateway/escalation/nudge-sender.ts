import type { DeliveryReason } from '@herald/protocol'
import type { DeviceRecord } from '../contracts/devices'
import type { Nudge, Nudges, NudgeSettlement } from '../contracts/nudges'
import type { Outcome, Provider } from '../providers/provider'
import type { AnswerLimit } from './answer-limit'
import type { Circuits, Pass } from './circuits'
import { isQuietAt } from './decide'
import { buildNudgeAlert } from './nudge-alert'
import { DAY_MS, FREE, WINDOW_MS } from './quotas'
import { ask, chooseRoute, healthOf, settleOutcome, unexplained, type Route } from './ring'
import { doubtedUntil, type RingerOptions } from './ringer'

type NudgeSenderOptions = Omit<RingerOptions, 'situations' | 'bus' | 'showsContent'> & {
  readonly nudges: Nudges
  /** Names this gateway among those that share a store. */
  readonly owner: string
  readonly circuits: Circuits
  readonly limit: AnswerLimit
}

/** Nudges that are pushed at the same time. */
const MAX_IN_FLIGHT = 64

/** How long nudges are ours; longer than a send can take (ms). */
const CLAIM_MS = 60_000

/**
 * Why a device is not alerted of a nudge. No lease counts: the chat server has decided that the phone is away.
 * @param isRegistered whether the device still has the node
 */
export function silenceOf(
  device: DeviceRecord | undefined,
  isRegistered: boolean,
  now: number,
): DeliveryReason | undefined {
  if (!device || !isRegistered || device.ended !== undefined) return 'signed_out'
  if (device.expires !== null && device.expires <= now) return 'signed_out'
  if (!device.notifications) return 'notifications_off'
  const isQuiet = device.quietHours !== undefined && isQuietAt(device.quietHours, device.timeZone, now)
  return isQuiet ? 'quiet_hours' : undefined
}

/** Takes nudges that are due, and pushes each by the first way that works. */
export class NudgeSender {
  readonly #options: NudgeSenderOptions
  readonly #inFlight = new Set<Promise<void>>()
  /** A clock that jumps ahead ends claims before their time: what is under way is left to whoever is at it. */
  readonly #busy = new Set<string>()

  constructor(options: NudgeSenderOptions) {
    this.#options = options
  }

  /** Takes what is due, as far as there is room. False when nothing is; does not wait for the providers. */
  async step(): Promise<boolean> {
    const limit = MAX_IN_FLIGHT - this.#inFlight.size
    if (limit <= 0) {
      await Promise.race(this.#inFlight)
      return true
    }
    const now = this.#options.now()
    const claimed = await this.#options.nudges.claim({
      ...{ owner: this.#options.owner, now, until: now + CLAIM_MS, limit },
    })
    const begun = claimed.filter(({ id }) => !this.#busy.has(id))
    for (const nudge of begun) this.#begin(nudge)
    return begun.length > 0
  }

  /** Resolves when what was under way is answered and stored. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight)
  }

  #begin(nudge: Nudge): void {
    this.#busy.add(nudge.id)
    const work = this.#push(nudge).catch((error: unknown) => {
      // The claim ends by itself, and the push comes again.
      this.#options.observer.fault(error)
    })
    this.#inFlight.add(work)
    void work.finally(() => {
      this.#inFlight.delete(work)
      this.#busy.delete(nudge.id)
    })
  }

  async #push(nudge: Nudge): Promise<void> {
    const { nudges, knowledge, lifeMs, doubtsClock } = this.#options
    const [device, node] = await Promise.all([
      knowledge.devices.get(nudge.user, nudge.device),
      nudges.nodeOf(nudge.node),
    ])
    const now = this.#options.now()
    const silence = silenceOf(device, node !== undefined, now)
    if (silence !== undefined || !device) return this.#end(nudge, 'cancelled', silence ?? 'signed_out', now)
    const expires = nudge.created + lifeMs
    if (expires <= now)
      return doubtsClock()
        ? this.#hold(nudge, 'clock_doubted', doubtedUntil(nudge.reason, now), now)
        : this.#end(nudge, 'dead', 'gave_up', now)
    const full = await this.#fullUntil(nudge, now)
    if (full) return this.#hold(nudge, full.reason, full.until, now)
    const registrations = await knowledge.devices.registrationsOf(nudge.user, nudge.device)
    const { circuits, findProvider } = this.#options
    const find = ({ provider, app }: (typeof registrations)[number]) => findProvider(provider, app)
    const choice = chooseRoute(registrations, nudge.position, find, circuits, now)
    if (choice.type === 'route') return this.#send(nudge, device, expires, choice.route, choice.pass)
    if (choice.type === 'wait' && choice.until < expires)
      return this.#hold(nudge, choice.reason, choice.until, now)
    const wasTried = nudge.reason === 'token_gone' || nudge.reason === 'refused'
    const isDead = choice.type === 'wait' || wasTried
    return this.#end(nudge, isDead ? 'dead' : 'cancelled', wasTried ? nudge.reason : choice.reason, now)
  }

  async #send(nudge: Nudge, device: DeviceRecord, expires: number, route: Route, pass: Pass): Promise<void> {
    const begun = performance.now()
    const { circuits, recipientOf, badgeOf, limit, observer, knowledge } = this.#options
    const ready = await this.#makeReady(nudge, route.provider, () => badgeOf(nudge.user)).catch(
      (error: unknown) => {
        // What failed is ours, the disk for one, and says nothing of a service that nothing was asked of.
        circuits.hear(pass, { type: 'unused' }, this.#options.now())
        throw error
      },
    )
    const build = () =>
      buildNudgeAlert(ready.nudge, {
        ...{ device, expires, badge: ready.badge, recipient: recipientOf(nudge.user) },
      })
    const outcome = ready.failed ?? (await ask(route.provider, route.registration, build, limit.signal()))
    const now = this.#options.now()
    circuits.hear(pass, healthOf(outcome), now)
    const why = 'why' in outcome ? outcome.why : undefined
    observer.outcome(route.provider.name, outcome.type, why, performance.now() - begun)
    // A token that was registered again after it had died is not dropped; this push does without it all the same.
    const isKept =
      outcome.type === 'gone' && !(await knowledge.devices.drop(route.registration, outcome.since))
    const settled = settleOutcome(outcome, { rows: [nudge], expires }, route, now)
    await this.#settle({
      ...{ ...settled, id: nudge.id, state: asNudgeState(settled.state) },
      ...(isKept && { position: route.position + 1 }),
    })
  }

  /** What makes a repeat safe has to be on disk before the first try. */
  async #makeReady(nudge: Nudge, provider: Provider, badgeOf: () => Promise<number>) {
    const badge = await badgeOf()
    if (nudge.handle !== null || !provider.prepare) return { nudge, badge }
    let handle: string
    try {
      handle = await provider.prepare(this.#options.limit.signal())
    } catch (error) {
      const failed: Outcome = unexplained(error)
      return { nudge, badge, failed }
    }
    await this.#options.nudges.keepHandle(nudge.id, handle)
    return { nudge: { ...nudge, handle }, badge }
  }

  /** A device's share of pushes is of messages and nudges together; messages do not wait for nudges. */
  async #fullUntil(
    nudge: Nudge,
    now: number,
  ): Promise<{ reason: DeliveryReason; until: number } | undefined> {
    const { nudges, knowledge, dailyPerDevice } = this.#options
    const since = now - WINDOW_MS
    const times = await Promise.all([
      knowledge.pushes.recentPushes(nudge, since, FREE),
      nudges.recent(nudge, since, FREE),
    ])
    const oldest = times.flat().sort((a, b) => b - a)[FREE - 1]
    if (oldest !== undefined) return { reason: 'burst', until: oldest + WINDOW_MS }
    if (dailyPerDevice === 0) return undefined
    const counts = await Promise.all([
      knowledge.pushes.countPushes(nudge, now - DAY_MS),
      nudges.count(nudge, now - DAY_MS),
    ])
    if (counts.reduce((sum, { count }) => sum + count, 0) < dailyPerDevice) return undefined
    return { reason: 'quota', until: Math.min(...counts.map(({ first }) => first ?? now)) + DAY_MS }
  }

  #hold(nudge: Nudge, reason: DeliveryReason, due: number, now: number): Promise<void> {
    return this.#settle({ id: nudge.id, state: 'waiting', reason, due, step: { time: now, reason } })
  }

  #end(nudge: Nudge, state: 'cancelled' | 'dead', reason: DeliveryReason, now: number): Promise<void> {
    return this.#settle({ id: nudge.id, state, reason, due: null, step: { time: now, reason } })
  }

  #settle(settlement: NudgeSettlement): Promise<void> {
    return this.#options.nudges.settle([settlement])
  }
}

/** Nothing is taken back of a nudge: nobody knows what was read. */
function asNudgeState(state: string): Nudge['state'] {
  return state === 'pushed' || state === 'dead' || state === 'cancelled' ? state : 'waiting'
}
