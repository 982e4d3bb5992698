import type { Ack, Acks, LateAck } from '../../contracts/acks'
import { getRow } from './statements'
import type { SqliteEngine } from './engine'

/** How far devices have acked, in the embedded store. */
export class SqliteAcks implements Acks {
  readonly #engine: SqliteEngine

  constructor(engine: SqliteEngine) {
    this.#engine = engine
  }

  save(acks: readonly Ack[]): Promise<readonly LateAck[]> {
    return this.#engine.write('saveAcks', acks)
  }

  async ackOf(user: string, device: string, feed: string, epoch: string) {
    const ack = await this.#engine.read((db) =>
      getRow<{ epoch: string; seq: number; time: number }>(
        db,
        'SELECT epoch, seq, time FROM acks WHERE user = ? AND device = ? AND feed = ?',
        ...[user, device, feed],
      ),
    )
    return ack?.epoch === epoch ? ack : undefined
  }
}
