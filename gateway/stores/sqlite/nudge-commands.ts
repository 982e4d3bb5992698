import type Database from 'libsql'
import type { ChatNode, NewChatNode, Nudge, NudgeSettlement } from '../../contracts/nudges'
import type { Claim } from '../../contracts/push-ledger'
import { hasRoom } from '../../contracts/user-limits'
import { correctionOf } from '../kept'
import { nameNudge, readNudge, settledNudge, type ClaimedNudge, type NudgeText } from '../nudge-rules'
import type { NoteNudgeArgs } from '../rows'
import { CHAT_NODE_COLUMNS, NUDGE_COLUMNS } from './nudge-reads'
import { allRows, getRow, runChange } from './statements'

export const nudgeCommands = {
  /** Gives a device a node for an account, or answers the one that it has. */
  putChatNode(db: Database.Database, node: NewChatNode): ChatNode | 'no_device' | 'full' {
    const { user, device, account, domain, component, registered, limit } = node
    if (
      !getRow(db, 'SELECT 1 AS there FROM devices WHERE user = ? AND id = ? AND ended IS NULL', user, device)
    )
      return 'no_device'
    const known = getRow<ChatNode>(
      db,
      `SELECT ${CHAT_NODE_COLUMNS} FROM chat_nodes WHERE user = ? AND device = ? AND account = ?`,
      ...[user, device, account],
    )
    const kept = {
      ...{ user, device, account, domain, component, registered },
      node: known?.node ?? node.node,
    }
    if (known) {
      runChange(
        db,
        'UPDATE chat_nodes SET domain = ?, component = ?, registered = ? WHERE node = ?',
        ...[domain, component, registered, kept.node],
      )
      return kept
    }
    const others = getRow<{ count: number }>(
      db,
      'SELECT count(*) AS count FROM chat_nodes WHERE user = ? AND device = ?',
      ...[user, device],
    )
    if (!hasRoom(others?.count ?? 0, limit)) return 'full'
    runChange(
      db,
      `INSERT INTO chat_nodes (node, user, device, account, domain, component, registered)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[kept.node, user, device, account, domain, component, registered],
    )
    return kept
  },

  endChatNode(
    db: Database.Database,
    { user, device, account }: Pick<ChatNode, 'user' | 'device' | 'account'>,
  ): number {
    return runChange(
      db,
      'DELETE FROM chat_nodes WHERE user = ? AND device = ? AND account = ?',
      ...[user, device, account],
    )
  },

  /** Adds to the node's open nudge, which nobody is sending, or opens one. False: nobody has the node. */
  noteNudge(db: Database.Database, { id, node, sender, now, due }: NoteNudgeArgs): boolean {
    const known = getRow<ChatNode>(db, `SELECT ${CHAT_NODE_COLUMNS} FROM chat_nodes WHERE node = ?`, node)
    if (!known) return false
    const added = runChange(
      db,
      `UPDATE nudges SET count = count + 1, sender = CASE WHEN sender IS ? THEN sender END
       WHERE node = ? AND state = 'waiting' AND unknown = 0 AND claimed_until = 0`,
      ...[sender, node],
    )
    if (added > 0) return true
    runChange(
      db,
      `INSERT INTO nudges (id, node, user, device, account, sender, count, created, state, reason, due, trail)
       VALUES (?, ?, ?, ?, ?, ?, 1, ?, 'waiting', 'nudged', ?, ?)`,
      ...[id, node, known.user, known.device, known.account, sender, now, due],
      JSON.stringify([{ time: now, reason: 'nudged' }]),
    )
    return true
  },

  claimNudges(db: Database.Database, { owner, now, until, limit }: Claim & { limit: number }): Nudge[] {
    const rows = allRows<ClaimedNudge>(
      db,
      `SELECT ${NUDGE_COLUMNS}, claimed_until FROM nudges
       WHERE due <= ? AND claimed_until <= ? ORDER BY due LIMIT ?`,
      ...[now, now, limit],
    ).map(nameNudge)
    for (const { id, push, handle, unknown } of rows)
      runChange(
        db,
        'UPDATE nudges SET owner = ?, claimed_until = ?, push = ?, handle = ?, unknown = ? WHERE id = ?',
        ...[owner, until, push, handle, unknown, id],
      )
    return rows
  },

  settleNudges(db: Database.Database, settlements: readonly NudgeSettlement[]): number {
    let count = 0
    for (const settlement of settlements) {
      const row = getRow<NudgeText>(
        db,
        `SELECT ${NUDGE_COLUMNS}, trail FROM nudges WHERE id = ?`,
        settlement.id,
      )
      if (!row) continue
      const after = settledNudge(readNudge(row), settlement)
      count += runChange(
        db,
        `UPDATE nudges SET state = ?, reason = ?, due = ?, attempts = ?, position = ?, unknown = ?, provider = ?,
           ref = ?, accepted = ?, trail = ?, owner = NULL, claimed_until = 0 WHERE id = ?`,
        ...[after.state, after.reason, after.due, after.attempts, after.position, after.unknown],
        ...[after.provider, after.ref, after.accepted, JSON.stringify(after.trail), after.id],
      )
    }
    return count
  },

  keepNudgeHandle(db: Database.Database, { id, handle }: { id: string; handle: string }): void {
    runChange(db, 'UPDATE nudges SET handle = ? WHERE id = ?', handle, id)
  },

  forgetNudges(db: Database.Database, { before, limit }: { before: number; limit: number }): number {
    return runChange(
      db,
      `DELETE FROM nudges WHERE id IN (SELECT id FROM nudges
         WHERE created < ? AND due IS NULL AND created + ${correctionOf('created')} < ? LIMIT ?)`,
      ...[before, before, limit],
    )
  },
}
