import type { DeadLetter, DeliveryEvent, Message, ProviderName } from '@herald/protocol'
import type { Bus } from '../../contracts/bus'
import type { DeviceKey } from '../../contracts/devices'
import {
  toKey,
  type Claim,
  type NewPush,
  type PushCount,
  type PushKey,
  type PushLedger,
  type PushRow,
  type Settlement,
  type Shown,
  type Span,
  type Sweep,
} from '../../contracts/push-ledger'
import type { SqliteEngine } from './engine'
import { PUSH_COLUMNS } from './push-rows'
import { allRows, asList, getList, getRow } from './statements'

const PUSHED = asList(
  `SELECT feed, epoch, first, last FROM pushes
   WHERE user = ? AND device = ? AND accepted IS NOT NULL AND acked IS NULL`,
  ['feed', 'epoch', 'first', 'last'],
)

/** Commands that may leave something to do. */
const MAKES_WORK: ReadonlySet<string> = new Set(['append', 'markRead'])

/** The work of escalation in the embedded store: reads here, changes in its commands. */
export class SqlitePushLedger implements PushLedger {
  readonly #engine: SqliteEngine

  constructor(engine: SqliteEngine, bus: Pick<Bus, 'tell'>) {
    this.#engine = engine
    engine.onCommit((committed) => {
      if (committed.some(({ call }) => MAKES_WORK.has(call.name))) bus.tell('work', {})
    })
  }

  async claimSweep(claim: Claim): Promise<Sweep | undefined> {
    // Looked at before: most looks find nothing, and a claim is a write.
    return (await this.#isDue('sweeps', claim.now)) ? this.#engine.write('claimSweep', claim) : undefined
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

  async sweepDue(feed: string, seq: number): Promise<number | undefined> {
    const row = await this.#engine.read((db) =>
      getRow<{ due: number }>(
        db,
        'SELECT due FROM sweeps WHERE feed = ? AND first <= ? AND last >= ? LIMIT 1',
        ...[feed, seq, seq],
      ),
    )
    return row?.due
  }

  async countReady(now: number, limit: number): Promise<number> {
    const row = await this.#engine.read((db) =>
      getRow<{ ready: number }>(
        db,
        'SELECT count(*) AS ready FROM (SELECT 1 FROM pushes WHERE due <= ? LIMIT ?)',
        now,
        limit,
      ),
    )
    return row?.ready ?? 0
  }

  async claimPushes(claim: Claim & { limit: number }): Promise<readonly (readonly PushRow[])[]> {
    return (await this.#isDue('pushes', claim.now)) ? this.#engine.write('claimPushes', claim) : []
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

  async recentPushes({ user, device }: DeviceKey, since: number, limit: number): Promise<readonly number[]> {
    const rows = await this.#engine.read((db) =>
      allRows<{ accepted: number }>(
        db,
        `SELECT max(accepted) AS accepted FROM pushes WHERE user = ? AND device = ? AND accepted > ?
         GROUP BY push ORDER BY accepted DESC LIMIT ?`,
        ...[user, device, since, limit],
      ),
    )
    return rows.map(({ accepted }) => accepted)
  }

  async countPushes({ user, device }: DeviceKey, since: number): Promise<PushCount> {
    const row = await this.#engine.read((db) =>
      getRow<PushCount>(
        db,
        `SELECT count(DISTINCT push) AS count, min(accepted) AS first FROM pushes
         WHERE user = ? AND device = ? AND accepted > ?`,
        ...[user, device, since],
      ),
    )
    return { count: row?.count ?? 0, first: row?.first ?? null }
  }

  standing({ user, device }: DeviceKey, limit: number) {
    return this.#engine.read((db) => {
      const select = (index: string, condition: string): PushRow[] =>
        allRows<PushRow>(
          db,
          `SELECT ${PUSH_COLUMNS} FROM pushes INDEXED BY ${index} WHERE user = ? AND device = ? AND ${condition}
           ORDER BY created DESC LIMIT ?`,
          ...[user, device, limit],
        )
      return {
        taken: select('pushes_unacked', `accepted IS NOT NULL AND acked IS NULL AND state = 'pushed'`),
        perhaps: select(
          'pushes_open',
          `due IS NOT NULL AND state = 'waiting' AND (unknown = 1 OR claimed_until > 0)`,
        ),
      }
    })
  }

  pushedTo({ user, device }: DeviceKey): Promise<readonly Span[]> {
    return this.#engine.read((db) => getList<Span>(db, PUSHED, user, device))
  }

  shownAs(collapse: string): Promise<readonly (PushKey & Shown & { from: number })[]> {
    return this.#engine.read((db) =>
      allRows<PushKey & Shown & { from: number }>(
        db,
        `SELECT user, device, feed, pushes.epoch, pushes.first, last, shown, feeds.first AS "from"
         FROM pushes JOIN feeds ON feeds.name = pushes.feed
         WHERE collapse = ? AND (accepted IS NOT NULL OR unknown = 1 OR claimed_until > 0)`,
        collapse,
      ),
    )
  }

  async pushOf(
    { user, device }: DeviceKey,
    feed: string,
    epoch: string,
    seq: number,
  ): Promise<PushRow | undefined> {
    const row = await this.#engine.read((db) =>
      getRow<PushRow>(
        db,
        `SELECT ${PUSH_COLUMNS} FROM pushes WHERE user = ? AND device = ? AND feed = ? AND epoch = ? AND first <= ?
         ORDER BY first DESC LIMIT 1`,
        ...[user, device, feed, epoch, seq],
      ),
    )
    return row && row.last >= seq ? row : undefined
  }

  async deadLetters(limit: number): Promise<DeadLetter[]> {
    const rows = await this.#engine.read((db) =>
      allRows<PushRow & { message: string | null }>(
        db,
        `SELECT ${PUSH_COLUMNS}, (SELECT messages.id FROM messages JOIN feeds ON feeds.id = messages.feed
           WHERE feeds.name = pushes.feed AND feeds.epoch = pushes.epoch AND messages.seq = pushes.first) AS message
         FROM pushes WHERE state = 'dead' ORDER BY created DESC LIMIT ?`,
        limit,
      ),
    )
    return rows.map(({ message, feed, first, last, user, device, reason, created, trail }) => ({
      ...{ message, feed, first, last, user, device, reason },
      time: created,
      events: JSON.parse(trail) as DeliveryEvent[],
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

  async #isDue(table: 'sweeps' | 'pushes', now: number): Promise<boolean> {
    const row = await this.#engine.read((db) =>
      getRow(db, `SELECT 1 AS there FROM ${table} WHERE due <= ? AND claimed_until <= ? LIMIT 1`, now, now),
    )
    return row !== undefined
  }
}
