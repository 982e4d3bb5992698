import type Database from 'libsql'
import { hasUnackedPush, noteLateAck, type LateAck } from '../escalation/push-commands'
import { runChange } from '../store/statements'

/** How far one device has acked one feed. */
export interface Ack {
  readonly user: string
  readonly device: string
  readonly feed: string
  readonly epoch: string
  readonly seq: number
  readonly time: number
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
