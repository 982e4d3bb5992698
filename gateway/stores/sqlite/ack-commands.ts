import type Database from 'libsql'
import type { Ack, LateAck } from '../../contracts/acks'
import { ACKING_DEVICES } from '../kept'
import { hasUnackedPush, noteLateAck } from './push-commands'
import { allRows, getRow, runChange } from './statements'

export function forgetAcks(db: Database.Database, user: string, device: string): void {
  runChange(db, 'DELETE FROM acks WHERE user = ? AND device = ?', user, device)
}

/** Makes room for the acks of a device that had none. */
function makeRoom(db: Database.Database, user: string, device: string): void {
  if (getRow(db, 'SELECT 1 AS there FROM acks WHERE user = ? AND device = ? LIMIT 1', user, device)) return
  const old = allRows<{ device: string }>(
    db,
    'SELECT device FROM acks WHERE user = ? GROUP BY device ORDER BY max(time) DESC LIMIT -1 OFFSET ?',
    user,
    ACKING_DEVICES - 1,
  )
  for (const row of old) forgetAcks(db, user, row.device)
}

export const ackCommands = {
  /**
   * Keeps the furthest ack of each device and feed; an ack of another epoch takes the place of the old one. Answers
   * the acks that came after a push had gone.
   */
  saveAcks(db: Database.Database, acks: readonly Ack[]): LateAck[] {
    const pushed = hasUnackedPush(db)
    return acks.flatMap((ack) => {
      const { user, device, feed, epoch, seq, time } = ack
      makeRoom(db, user, device)
      const changed = runChange(
        db,
        `INSERT INTO acks (user, device, feed, epoch, seq, time) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (user, device, feed) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, time = excluded.time
         WHERE acks.epoch <> excluded.epoch OR acks.seq < excluded.seq`,
        user,
        device,
        feed,
        epoch,
        seq,
        time,
      )
      return pushed && changed > 0 ? noteLateAck(db, ack) : []
    })
  },
}
