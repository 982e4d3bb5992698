import type { DeadLetter, DeliveryEvent, Message, ProviderName } from '@herald/protocol'
import type { DeviceKey } from '../contracts/devices'
import {
  toKey,
  type Claim,
  type DueWork,
  type NewPush,
  type PushCount,
  type PushKey,
  type PushLedger,
  type PushRecord,
  type PushRow,
  type Settlement,
  type Shown,
  type Span,
  type Sweep,
} from '../contracts/push-ledger'
import type { StoreEngine } from './rows'

/** The work of escalation: rows that are claimed, changed and looked at by name. */
export class StoredPushLedger implements PushLedger {
  readonly #engine: StoreEngine

  constructor(engine: StoreEngine) {
    this.#engine = engine
  }

  findDue(now: number): Promise<DueWork> {
    return this.#engine.read('dueWork', now)
  }

  async claimSweep({ mostDue, ...claim }: Claim & { mostDue?: number }): Promise<Sweep | undefined> {
    const isFull =
      mostDue !== undefined && (await this.#engine.read('countReady', claim.now, mostDue)) >= mostDue
    return isFull ? undefined : this.#engine.write('claimSweep', claim)
  }

  async advanceSweep(step: {
    id: number
    after: DeviceKey
    until: number
    pushes: readonly NewPush[]
  }): Promise<void> {
    await this.#engine.write('advanceSweep', step)
  }

  async finishSweep(id: number, next: number | null): Promise<void> {
    await this.#engine.write('finishSweep', { id, next })
  }

  sweepDue(feed: string, seq: number): Promise<number | undefined> {
    return this.#engine.read('sweepDue', feed, seq)
  }

  async claimPushes(claim: Claim & { limit: number }): Promise<readonly (readonly PushRow[])[]> {
    return this.#engine.write('claimPushes', claim)
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    await this.#engine.write('settlePushes', settlements)
  }

  async keepHandle(keys: readonly PushKey[], handle: string): Promise<void> {
    await this.#engine.write('keepHandle', { keys: keys.map(toKey), handle })
  }

  async join(keys: readonly PushKey[], collapse: string): Promise<void> {
    await this.#engine.write('joinPushes', { keys: keys.map(toKey), collapse })
  }

  noteReceipt(provider: ProviderName, ref: string, step: DeliveryEvent): Promise<boolean> {
    return this.#engine.write('noteReceipt', { provider, ref, step })
  }

  recentPushes(device: DeviceKey, since: number, limit: number): Promise<readonly number[]> {
    return this.#engine.read('recentPushes', device, since, limit)
  }

  countPushes(device: DeviceKey, since: number): Promise<PushCount> {
    return this.#engine.read('countPushes', device, since)
  }

  standing(device: DeviceKey, limit: number) {
    return this.#engine.read('standing', device, limit)
  }

  pushedTo(device: DeviceKey): Promise<readonly Span[]> {
    return this.#engine.read('pushedTo', device)
  }

  shownAs(collapse: string): Promise<readonly (PushKey & Shown & { from: number })[]> {
    return this.#engine.read('shownAs', collapse)
  }

  async pushOf(device: DeviceKey, feed: string, epoch: string, seq: number): Promise<PushRecord | undefined> {
    const row = await this.#engine.read('pushBefore', device, feed, epoch, seq)
    return row && row.last >= seq ? row : undefined
  }

  async deadLetters(limit: number): Promise<DeadLetter[]> {
    const rows = await this.#engine.read('deadPushes', limit)
    return rows.map(({ message, feed, first, last, user, device, reason, created, trail }) => ({
      ...{ message, feed, first, last, user, device, reason },
      time: created,
      events: trail,
    }))
  }

  replay(message: Pick<Message, 'feed' | 'seq'> | undefined, now: number, limit: number): Promise<number> {
    return this.#engine.write('replayPushes', {
      ...(message && { feed: message.feed, seq: message.seq }),
      ...{ now, limit },
    })
  }

  async resume(now: number, latest: number): Promise<void> {
    await this.#engine.write('resumeEscalation', { now, latest })
  }

  async shift(by: number, to: number, now: number): Promise<void> {
    await this.#engine.write('shiftDues', { by, to, now })
  }

  forget(before: number, limit: number): Promise<number> {
    return this.#engine.write('forgetPushes', { before, limit })
  }
}
