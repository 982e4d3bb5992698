import type { GatewayApi } from '../api/gateway-api'
import type { Change } from '../inbox/inbox'
import type { FeedRecord } from '../storage/storage'

/**
 * What brings a feed's newest page in without a socket: through a proxy that lets no websocket pass, a pull on
 * the list still shows what is new. `record` is asked again after the answer: the socket may have been faster.
 */
export async function catchUpChanges(
  api: Pick<GatewayApi, 'history'>,
  record: () => FeedRecord | undefined,
): Promise<Change[]> {
  const behind = record()
  if (!behind || behind.cursor >= behind.head) return []
  const { feed, epoch, messages } = await api.history(behind.feed, { before: behind.head + 1 })
  const now = record()
  const first = messages[0]
  if (!now || now.epoch !== epoch || !first) return []
  const skipped = first.seq > now.cursor + 1
  const gap: Change = { type: 'gap', feed, epoch, from: now.cursor + 1, to: first.seq - 1, reason: 'skipped' }
  return [...(skipped ? [gap] : []), { type: 'messages', feed, epoch, messages }]
}
