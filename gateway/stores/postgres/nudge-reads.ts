import type { ChatNode } from '../../contracts/nudges'
import type { PushCount } from '../../contracts/push-ledger'
import { readNudge, type NudgeText } from '../nudge-rules'
import type { Reads } from '../rows'
import type { Sql } from './sql'

export const CHAT_NODE_COLUMNS = 'node, "user", device, account, domain, component, registered'

/** The columns of a Nudge. */
export const NUDGE_COLUMNS = `id, node, "user", device, account, sender, count, created, state, reason, due, attempts,
  position, unknown, push, handle, provider, ref, accepted`

/** What is asked of chat servers' nodes and nudges. */
export const nudgeReads = {
  chatNode: (sql: Sql, node: string) =>
    sql.row<ChatNode>(`SELECT ${CHAT_NODE_COLUMNS} FROM chat_nodes WHERE node = $1`, node),

  chatNodes: (sql: Sql, user: string) =>
    sql.rows<ChatNode>(
      `SELECT ${CHAT_NODE_COLUMNS} FROM chat_nodes WHERE "user" = $1 ORDER BY device, account`,
      user,
    ),

  async nudges(sql: Sql, user: string, limit: number) {
    const rows = await sql.rows<NudgeText>(
      `SELECT ${NUDGE_COLUMNS}, trail FROM nudges WHERE "user" = $1 ORDER BY created DESC, id LIMIT $2`,
      ...[user, limit],
    )
    return rows.map(readNudge)
  },

  async recentNudges(
    sql: Sql,
    { user, device }: Parameters<Reads['recentNudges']>[0],
    since: number,
    limit: number,
  ) {
    const rows = await sql.rows<{ accepted: number }>(
      `SELECT accepted FROM nudges WHERE "user" = $1 AND device = $2 AND accepted > $3
       ORDER BY accepted DESC LIMIT $4`,
      ...[user, device, since, limit],
    )
    return rows.map(({ accepted }) => accepted)
  },

  async countNudges(sql: Sql, { user, device }: Parameters<Reads['countNudges']>[0], since: number) {
    const row = await sql.row<PushCount>(
      `SELECT count(*) AS count, min(accepted) AS first FROM nudges
       WHERE "user" = $1 AND device = $2 AND accepted > $3`,
      ...[user, device, since],
    )
    return row ?? { count: 0, first: null }
  },
}
