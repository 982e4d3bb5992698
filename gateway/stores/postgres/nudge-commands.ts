import type { ChatNode, NewChatNode, Nudge, NudgeSettlement } from '../../contracts/nudges'
import type { Claim } from '../../contracts/push-ledger'
import { hasRoom } from '../../contracts/user-limits'
import { correctionOf } from '../kept'
import { nameNudge, readNudge, settledNudge, type ClaimedNudge, type NudgeText } from '../nudge-rules'
import type { NoteNudgeArgs } from '../rows'
import { CHAT_NODE_COLUMNS, NUDGE_COLUMNS } from './nudge-reads'
import { columns, type Sql } from './sql'
import { lockUser } from './user-rows'

export const nudgeCommands = {
  /** Gives a device a node for an account, or answers the one that it has. The user is locked: the device stays. */
  async putChatNode(sql: Sql, node: NewChatNode): Promise<ChatNode | 'no_device' | 'full'> {
    const { user, device, account, domain, component, registered, limit } = node
    await lockUser(sql, user)
    const there = await sql.row(
      'SELECT 1 AS there FROM devices WHERE "user" = $1 AND id = $2 AND ended IS NULL',
      ...[user, device],
    )
    if (!there) return 'no_device'
    const known = await sql.row<ChatNode>(
      `UPDATE chat_nodes SET domain = $1, component = $2, registered = $3
       WHERE "user" = $4 AND device = $5 AND account = $6 RETURNING ${CHAT_NODE_COLUMNS}`,
      ...[domain, component, registered, user, device, account],
    )
    if (known) return known
    const others = await sql.row<{ count: number }>(
      'SELECT count(*) AS count FROM chat_nodes WHERE "user" = $1 AND device = $2',
      ...[user, device],
    )
    if (!hasRoom(others?.count ?? 0, limit)) return 'full'
    await sql.change(
      `INSERT INTO chat_nodes (node, "user", device, account, domain, component, registered)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      ...[node.node, user, device, account, domain, component, registered],
    )
    return { ...{ user, device, account, domain, component, registered }, node: node.node }
  },

  endChatNode: (
    sql: Sql,
    { user, device, account }: Pick<ChatNode, 'user' | 'device' | 'account'>,
  ): Promise<number> =>
    sql.change(
      'DELETE FROM chat_nodes WHERE "user" = $1 AND device = $2 AND account = $3',
      ...[user, device, account],
    ),

  /**
   * Adds to the node's open nudge, which nobody is sending, or opens one. Whoever notes for a node has it locked: of two
   * at a time one opens the nudge and the other adds to it.
   */
  async noteNudge(sql: Sql, { id, node, sender, now, due }: NoteNudgeArgs): Promise<boolean> {
    const known = await sql.row<ChatNode>(
      `SELECT ${CHAT_NODE_COLUMNS} FROM chat_nodes WHERE node = $1 FOR NO KEY UPDATE`,
      node,
    )
    if (!known) return false
    const added = await sql.change(
      `UPDATE nudges SET count = count + 1,
         sender = CASE WHEN sender IS NOT DISTINCT FROM $1::text THEN sender END
       WHERE node = $2 AND state = 'waiting' AND unknown = 0 AND claimed_until = 0`,
      ...[sender, node],
    )
    if (added > 0) return true
    await sql.change(
      `INSERT INTO nudges (id, node, "user", device, account, sender, count, created, state, reason, due, trail)
       VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 'waiting', 'nudged', $8, $9)`,
      ...[id, node, known.user, known.device, known.account, sender, now, due],
      JSON.stringify([{ time: now, reason: 'nudged' }]),
    )
    return true
  },

  /** A nudge is with one gateway at a time; others go on with the next. */
  async claimNudges(sql: Sql, { owner, now, until, limit }: Claim & { limit: number }): Promise<Nudge[]> {
    const rows = await sql.rows<ClaimedNudge>(
      `SELECT ${NUDGE_COLUMNS}, claimed_until FROM nudges
       WHERE due <= $1 AND claimed_until <= $1 ORDER BY due LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
      ...[now, limit],
    )
    const named = rows.map(nameNudge)
    await sql.change(
      `UPDATE nudges AS n SET owner = $1, claimed_until = $2, push = k.push, handle = k.handle, unknown = k.unknown
       FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) AS k (id, push, handle, unknown)
       WHERE n.id = k.id`,
      ...[owner, until, ...columns(named, 'id', 'push', 'handle', 'unknown')],
    )
    return named
  },

  async settleNudges(sql: Sql, settlements: readonly NudgeSettlement[]): Promise<number> {
    const byId = new Map(settlements.map((settlement) => [settlement.id, settlement]))
    const rows = await sql.rows<NudgeText>(
      `SELECT ${NUDGE_COLUMNS}, trail FROM nudges WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE`,
      [...byId.keys()],
    )
    for (const row of rows) {
      const settlement = byId.get(row.id)
      if (!settlement) continue
      const after = settledNudge(readNudge(row), settlement)
      await sql.change(
        `UPDATE nudges SET state = $1, reason = $2, due = $3, attempts = $4, position = $5, unknown = $6,
           provider = $7, ref = $8, accepted = $9, trail = $10, owner = NULL, claimed_until = 0 WHERE id = $11`,
        ...[after.state, after.reason, after.due, after.attempts, after.position, after.unknown],
        ...[after.provider, after.ref, after.accepted, JSON.stringify(after.trail), after.id],
      )
    }
    return rows.length
  },

  async keepNudgeHandle(sql: Sql, { id, handle }: { id: string; handle: string }): Promise<void> {
    await sql.change('UPDATE nudges SET handle = $1 WHERE id = $2', handle, id)
  },

  forgetNudges: (sql: Sql, { before, limit }: { before: number; limit: number }): Promise<number> =>
    sql.change(
      `DELETE FROM nudges WHERE id IN (SELECT id FROM nudges
         WHERE created < $1 AND due IS NULL AND created + ${correctionOf('created')} < $1 LIMIT $2)`,
      ...[before, limit],
    ),
}
