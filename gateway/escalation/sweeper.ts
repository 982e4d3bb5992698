import { setImmediate } from 'node:timers/promises'
import type { NewPush, Sweep } from '../contracts/push-ledger'
import { RETURN_MS } from '../presence/presence'
import { decide, type Situation, type Verdict } from './decide'
import type { Knowledge, Situations } from './situations'

/** Devices that are looked at in one turn of the loop that also serves sockets. */
const PAGE = 200

/** Pushes that may wait to be sent before a sweep makes more: what a broadcast holds on to does not grow with it. */
const MAX_DUE = 1000

/** How long a sweep is ours without a word from us, ms. */
const CLAIM_MS = 30_000

/** Looks, for each new message, at the devices that should have it, and notes which of them need a push. */
export class Sweeper {
  readonly #knowledge: Knowledge
  readonly #situations: Situations
  readonly #owner: string
  readonly #now: () => number

  constructor(knowledge: Knowledge, situations: Situations, owner: string, now: () => number) {
    this.#knowledge = knowledge
    this.#situations = situations
    this.#owner = owner
    this.#now = now
  }

  /** Does one page of the sweep that is due the longest. False when none is due, or the senders have enough to do. */
  async step(): Promise<boolean> {
    const { pushes } = this.#knowledge
    const now = this.#now()
    const claim = { owner: this.#owner, now, until: now + CLAIM_MS, mostDue: MAX_DUE }
    const sweep = await pushes.claimSweep(claim)
    if (!sweep) return false
    await this.#page(sweep)
    return true
  }

  async #page(sweep: Sweep): Promise<void> {
    const { devices, pushes: ledger, deadlines } = this.#knowledge
    const followers = await devices.followersOf(sweep.feed, sweep.epoch, sweep.after, PAGE)
    const messages = await this.#situations.messages(sweep)
    const presence = await this.#situations.presenceAmong(followers)
    const now = this.#now()
    const pushes: NewPush[] = []
    for (const follower of followers) {
      const situation = await this.#situations.ofFollower(sweep, messages, follower, { presence, now })
      const push = toPush(sweep, situation, decide(situation))
      if (push) pushes.push(push)
    }
    const last = followers.at(-1)?.device
    if (last) {
      // Free again at once: between two pages another sweep that is due longer may have its turn.
      const after = { user: last.user, device: last.id }
      await ledger.advanceSweep({ id: sweep.id, after, until: 0, pushes })
    }
    if (followers.length < PAGE) {
      // Whose socket closed a moment ago is away for sure by then, however long others are waited for.
      const presentMs = Math.min(deadlines.backgroundMs, RETURN_MS)
      await ledger.finishSweep(sweep.id, sweep.stage === 'absent' ? sweep.created + presentMs : null)
    }
    await setImmediate()
  }
}

/** What a verdict leaves on record. Nothing, for a device that has acked, or still may: that is the usual case. */
function toPush(sweep: Sweep, { device, lease, now }: Situation, verdict: Verdict): NewPush | undefined {
  if (!device) return undefined
  const { feed, epoch, first, last, stage } = sweep
  const row = { user: device.user, device: device.id, feed, epoch, first, last, now }
  if (verdict.do === 'push')
    return { ...row, state: 'waiting', reason: lease ? 'no_ack' : 'not_connected', due: now }
  if (verdict.do === 'cancel') {
    const isIdle = verdict.reason === 'acked' || verdict.reason === 'message_gone'
    return isIdle ? undefined : { ...row, state: 'cancelled', reason: verdict.reason, due: null }
  }
  if (stage === 'absent' && verdict.reason === 'awaiting_ack') return undefined
  return { ...row, state: 'waiting', reason: verdict.reason, due: verdict.until }
}
