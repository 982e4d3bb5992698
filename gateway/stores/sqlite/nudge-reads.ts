import type { ChatNode } from '../../contracts/nudges'
import type { PushCount } from '../../contracts/push-ledger'
import { readNudge, type NudgeText } from '../nudge-rules'
import type { Reads } from '../rows'
import type { Look } from './source'
import { allRows, getRow } from './statements'

export const CHAT_NODE_COLUMNS = 'node, user, device, account, domain, component, registered'

/** The columns of a Nudge. */
export const NUDGE_COLUMNS = `id, node, user, device, account, sender, count, created, state, reason, due, attempts,
  position, unknown, push, handle, provider, ref, accepted`

/** What is asked of chat servers' nodes and nudges. */
export const nudgeReads: Pick<
  Look<Reads>,
  'chatNode' | 'chatNodes' | 'nudges' | 'recentNudges' | 'countNudges'
> = {
  chatNode: ({ db }, node) =>
    getRow<ChatNode>(db, `SELECT ${CHAT_NODE_COLUMNS} FROM chat_nodes WHERE node = ?`, node),

  chatNodes: ({ db }, user) =>
    allRows<ChatNode>(
      db,
      `SELECT ${CHAT_NODE_COLUMNS} FROM chat_nodes WHERE user = ? ORDER BY device, account`,
      user,
    ).map((row) => ({ ...row })),

  nudges: ({ db }, user, limit) =>
    allRows<NudgeText>(
      db,
      `SELECT ${NUDGE_COLUMNS}, trail FROM nudges WHERE user = ? ORDER BY created DESC, id LIMIT ?`,
      ...[user, limit],
    ).map(readNudge),

  recentNudges: ({ db }, { user, device }, since, limit) =>
    allRows<{ accepted: number }>(
      db,
      'SELECT accepted FROM nudges WHERE user = ? AND device = ? AND accepted > ? ORDER BY accepted DESC LIMIT ?',
      ...[user, device, since, limit],
    ).map(({ accepted }) => accepted),

  countNudges({ db }, { user, device }, since) {
    const row = getRow<PushCount>(
      db,
      `SELECT count(*) AS count, min(accepted) AS first FROM nudges
       WHERE user = ? AND device = ? AND accepted > ?`,
      ...[user, device, since],
    )
    return { count: row?.count ?? 0, first: row?.first ?? null }
  },
}
