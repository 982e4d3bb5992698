import type { DeliveryReason, Message, ProviderName } from '@herald/protocol'
import type { Bus } from '../contracts/bus'
import type { KnownRegistration } from '../contracts/devices'
import { toKey, type PushRow, type Settlement } from '../contracts/push-ledger'
import type { Outcome, Provider } from '../providers/provider'
import { buildAlert, type AlertContext } from './alerts'
import type { AnswerLimit } from './answer-limit'
import type { Circuits, Pass } from './circuits'
import { decide } from './decide'
import { fullUntil } from './quotas'
import {
  ask,
  chooseRoute,
  end,
  firstRings,
  healthOf,
  hold,
  keepWhole,
  mayShow,
  nowShown,
  settleOutcome,
  toRings,
  unexplained,
  type Decided,
  type DueRow,
  type Ring,
  type Route,
} from './ring'
import type { Knowledge, Situations } from './situations'
import { standingOf, type Standing } from './standing'

/** What escalation tells of itself, for metrics and the log. */
export interface RingObserver {
  readonly outcome: (provider: ProviderName, outcome: string, why: string | undefined, ms: number) => void
  readonly fault: (error: unknown) => void
}

/** What ringing a device needs. */
export interface RingerOptions {
  readonly knowledge: Knowledge
  readonly situations: Situations
  readonly bus: Pick<Bus, 'tell'>
  readonly now: () => number
  /** Whether what `now` says is not to be believed. */
  readonly doubtsClock: () => boolean
  readonly findProvider: (provider: ProviderName, app: string) => Provider | undefined
  readonly recipientOf: (user: string) => string
  readonly badgeOf: (user: string) => Promise<number>
  readonly showsContent: (feed: string) => boolean
  /** How long a message without an expiry is worth a push, ms. */
  readonly lifeMs: number
  /** Pushes that one device gets in a day, by any provider; 0 is no limit. */
  readonly dailyPerDevice: number
  readonly observer: RingObserver
}

/** Whoever stores what became of rows, and lets go of them with that. */
export interface SettlesPushes {
  readonly settle: (settlements: readonly Settlement[]) => Promise<void>
}

/** The messages of a push and those that it stands for, in the order of their time. */
function allOf({ messages: [first, ...rest] }: Ring, standing: Standing): [Message, ...Message[]] {
  const [oldest = first, ...others] = [first, ...rest, ...standing.messages].sort(
    (a, b) => a.time - b.time || a.seq - b.seq,
  )
  return [oldest, ...others]
}

/** What seems too old by a clock that is not believed is looked at again after this, ms. */
const DOUBT_MS = 60_000

/**
 * When to look again at what seems too old by a clock that is not believed, ms: once more at once, since the clock may have
 * moved while it was on its way here, and what waits is as old as it was.
 * @param reason why it waited before
 */
export const doubtedUntil = (reason: string, now: number): number =>
  reason === 'clock_doubted' ? now + DOUBT_MS : now

/** Rings one device at a time: looks once more whether it has to be, takes the first way that works, stores what came of it. */
export class Ringer {
  readonly #options: RingerOptions & SettlesPushes
  readonly #circuits: Circuits
  readonly #limit: AnswerLimit

  constructor(options: RingerOptions & SettlesPushes, circuits: Circuits, limit: AnswerLimit) {
    this.#options = options
    this.#circuits = circuits
    this.#limit = limit
  }

  /**
   * Rings for what of these rows is due now. It is decided anew after everything that was waited for, the disk and the
   * push before too: nothing may come between a decision and its provider, since meanwhile somebody reads.
   */
  async ringDue(rows: readonly PushRow[]): Promise<void> {
    for (let left = rows; left.length > 0;) {
      const { settlements, rings } = await this.#redecide(left, this.#options.now())
      const next = settlements.length > 0 ? [] : firstRings(rings)
      if (settlements.length > 0) await this.#store(settlements)
      await this.#ringTogether(next)
      left = rings.slice(next.length).flatMap((each) => each.rows)
    }
  }

  /** One that cannot be stored keeps no other from its end. */
  async #ringTogether(rings: readonly Ring[]): Promise<void> {
    const done = await Promise.allSettled(rings.map((ring) => this.#ring(ring)))
    for (const each of done) if (each.status === 'rejected') throw each.reason
  }

  /** Looks again at each row: between the sweep and now the device may have acked, or somebody read it. */
  async #redecide(
    rows: readonly PushRow[],
    now: number,
  ): Promise<{ settlements: Settlement[]; rings: Ring[] }> {
    const settlements: Settlement[] = []
    const due: DueRow[] = []
    const decided: Decided[] = []
    for (const row of rows)
      decided.push({ row, verdict: decide(await this.#options.situations.ofDevice(row, now)) })
    for (const { row, verdict } of keepWhole(decided)) {
      if (verdict.do === 'push') due.push({ row, messages: verdict.messages })
      else if (verdict.do === 'wait') settlements.push(hold([row], verdict.reason, verdict.until, now))
      else settlements.push(end([row], 'cancelled', verdict.reason, now))
    }
    return { settlements, rings: toRings(due, this.#options.lifeMs) }
  }

  async #ring(ring: Ring): Promise<void> {
    const now = this.#options.now()
    const { rows } = ring
    const [{ user, device, position }] = rows
    if (ring.expires <= now) return this.#store([this.#tooOld(rows, now)])
    const limited = await fullUntil(ring, this.#options, now)
    if (limited) return this.#store([hold(rows, limited.reason, limited.until, now)])
    const registrations = await this.#options.knowledge.devices.registrationsOf(user, device)
    const find = ({ provider, app }: KnownRegistration) => this.#options.findProvider(provider, app)
    const choice = chooseRoute(registrations, position, find, this.#circuits, now)
    if (choice.type === 'route') return this.#send(ring, choice.route, choice.pass)
    if (choice.type === 'wait') {
      const ends = choice.until >= ring.expires
      const verdict = ends
        ? end(rows, 'dead', choice.reason, now)
        : hold(rows, choice.reason, choice.until, now)
      return this.#store([verdict])
    }
    return this.#store([this.#giveUp(rows, choice.reason, now)])
  }

  /** By a clock that is wrong nothing is too old: it waits until the clock is believed, or goes back. */
  #tooOld(rows: readonly [PushRow, ...PushRow[]], now: number): Settlement {
    return this.#options.doubtsClock()
      ? hold(rows, 'clock_doubted', doubtedUntil(rows[0].reason, now), now)
      : end(rows, 'dead', 'gave_up', now)
  }

  /** No way is left: a dead letter if one was tried, and otherwise nothing that anybody could mend by trying again. */
  #giveUp(rows: readonly PushRow[], reason: DeliveryReason, now: number): Settlement {
    const [{ reason: last }] = rows as readonly [PushRow]
    if (last === 'token_gone' || last === 'refused') return end(rows, 'dead', last, now)
    return end(rows, 'cancelled', reason, now)
  }

  async #send(ring: Ring, route: Route, pass: Pass): Promise<void> {
    const begun = performance.now()
    const { provider, registration } = route
    const { standing, prepared, context } = await this.#makeReady(ring, route).catch((error: unknown) => {
      // What failed is ours, the disk for one, and says nothing of a service that nothing was asked of.
      this.#circuits.hear(pass, { type: 'unused' }, this.#options.now())
      throw error
    })
    // It is decided anew, also for a device that has gone meanwhile.
    if (Array.isArray(prepared) || !context) {
      this.#circuits.hear(pass, { type: 'unused' }, this.#options.now())
      return this.ringDue(Array.isArray(prepared) ? prepared : ring.rows)
    }
    const build = () => buildAlert(allOf(ring, standing), context)
    const outcome = prepared ?? (await ask(provider, registration, build, this.#limit.signal()))
    const now = this.#options.now()
    this.#circuits.hear(pass, healthOf(outcome), now)
    const why = 'why' in outcome ? outcome.why : undefined
    this.#options.observer.outcome(provider.name, outcome.type, why, performance.now() - begun)
    // A token that was registered again after it had died is not dropped; this push does without it all the same.
    const kept =
      outcome.type === 'gone' && !(await this.#options.knowledge.devices.drop(registration, outcome.since))
    const [row, ...rest] = ring.rows
    const settled = settleOutcome(outcome, ring, route, now)
    const settlement = kept ? { ...settled, position: route.position + 1 } : settled
    const reason = rest.length > 0 && outcome.type === 'accepted' ? 'summarised' : settlement.reason
    await this.#store(
      ring.rows.map((each) => ({
        ...{ ...settlement, reason, keys: [toKey(each)] },
        ...(mayShow(outcome) && { shown: nowShown(each, ring) }),
      })),
    )
    if (outcome.type !== 'accepted') return
    const { log } = this.#options.knowledge
    const spans = await Promise.all(
      ring.rows.map(async ({ feed, epoch, first, last }) => ({
        ...{ feed, first, last },
        epoch: (await log.head(feed))?.epoch ?? epoch,
      })),
    )
    const { user, device } = row
    this.#options.bus.tell('pushed', { user, device, spans })
  }

  async #makeReady(
    ring: Ring,
    route: Route,
  ): Promise<{
    standing: Standing
    prepared: PushRow[] | Outcome | undefined
    context: AlertContext | undefined
  }> {
    const standing = await standingOf(ring, route.provider, this.#options)
    const prepared = (await this.#prepare(ring, route)) ?? (await this.#join(ring, route.provider, standing))
    return { standing, prepared, context: await this.#context(ring, standing) }
  }

  /** What makes a repeat safe has to be on disk before the first try. Answers the rows with it, when it took a wait. */
  async #prepare({ rows }: Ring, { provider }: Route): Promise<PushRow[] | Outcome | undefined> {
    if (rows[0].handle !== null || !provider.prepare) return undefined
    let handle: string
    try {
      handle = await provider.prepare(this.#limit.signal())
    } catch (error) {
      return unexplained(error)
    }
    await this.#options.knowledge.pushes.keepHandle(rows.map(toKey), handle)
    return rows.map((row) => ({ ...row, handle }))
  }

  /**
   * A push that stands for others takes their place on the screen: its name has to be on disk before it goes, as what
   * clears it goes by that. Answers the rows with it, when it took a wait. One that may have gone keeps its name.
   */
  async #join({ rows }: Ring, { keeps }: Provider, { taken }: Standing): Promise<PushRow[] | undefined> {
    const [oldest] = taken
    if (keeps !== 'newest' || !oldest || rows.some(({ unknown }) => unknown === 1)) return undefined
    const { pushes, log } = this.#options.knowledge
    const [message] = await log.read(oldest.feed, { after: oldest.first - 1, limit: 1 })
    const collapse = oldest.collapse ?? message?.id
    if (collapse === undefined || rows.every((row) => row.collapse === collapse)) return undefined
    await pushes.join([...rows, ...taken].map(toKey), collapse)
    return rows.map((row) => ({ ...row, collapse }))
  }

  async #context(ring: Ring, standing: Standing): Promise<AlertContext | undefined> {
    const {
      rows: [row],
      messages: [first],
    } = ring
    const { knowledge, recipientOf, badgeOf, showsContent } = this.#options
    const device = await knowledge.devices.get(row.user, row.device)
    if (!device) return undefined
    const leads = standing.messages.length > 0
    const [{ feed }] = allOf(ring, standing)
    return {
      ...{ device, handle: row.handle, showsContent, pushId: row.push, leads },
      expires: Math.max(ring.expires, standing.expires),
      collapse: leads ? (row.collapse ?? first.id) : row.collapse,
      recipient: recipientOf(row.user),
      badge: await badgeOf(row.user),
      epoch: (await knowledge.log.head(feed))?.epoch ?? row.epoch,
    }
  }

  async #store(settlements: readonly Settlement[]): Promise<void> {
    await this.#options.settle(settlements)
  }
}
