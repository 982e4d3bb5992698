// One gateway's log on a PostgreSQL, in a process of its own: cluster.ts says where and for how long, and is told how much it took.
import { openPostgresStore } from '@herald/gateway/stores/postgres/open'
import { content, FEEDS, sendFor } from './append-message'

export type AppendOrder =
  | { readonly type: 'open'; readonly uri: string }
  | { readonly type: 'append'; readonly senders: number; readonly ms: number }
  | { readonly type: 'count' }

export type AppendNews =
  | { readonly type: 'open' }
  | { readonly type: 'append'; readonly count: number; readonly ms: number }
  /** The messages that the store has, and the heads of all feeds of the bench together: without holes they are the same. */
  | { readonly type: 'count'; readonly messages: number; readonly heads: number }

const retention = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxCount: Number.MAX_SAFE_INTEGER }
let store: Awaited<ReturnType<typeof openPostgresStore>> | undefined

async function answer(order: AppendOrder): Promise<AppendNews> {
  if (order.type === 'open') {
    store = await openPostgresStore({ uri: order.uri, retention })
    return { type: 'open' }
  }
  if (store === undefined) throw new Error('no store is open')
  const { log } = store
  if (order.type === 'append') {
    const sent = await sendFor(order.ms, order.senders, (index) =>
      log.append(FEEDS[index % FEEDS.length] ?? 'all', content),
    )
    return { type: 'append', count: sent.answers.length, ms: sent.ms }
  }
  const heads = await Promise.all(FEEDS.map(async (feed) => (await log.head(feed))?.head ?? 0))
  const { messages } = await store.figures()
  return { type: 'count', messages, heads: heads.reduce((sum, head) => sum + head, 0) }
}

process.on('message', (order: AppendOrder) => {
  void answer(order).then((news) => process.send?.(news))
})
process.on('disconnect', () => process.exit(0))
