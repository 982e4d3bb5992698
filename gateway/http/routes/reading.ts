import {
  HeraldError,
  HistoryPageSchema,
  HistoryQuerySchema,
  MessageSchema,
  TopicListSchema,
  type HistoryQuery,
} from '@herald/protocol'
import type { PageRequest } from '../../contracts/feed-log'
import { mayRead } from '../../contracts/subscriptions'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Topics that one answer lists. */
const MAX_TOPICS = 200

/** What a user reads: history, one message, the topics there are. */
export function readingRoutes({ log }: HttpServices): Route[] {
  const requireReadable = (user: string, feed: string): void => {
    if (!mayRead(user, feed)) throw new HeraldError('read_forbidden')
  }
  return [
    route({
      method: 'GET',
      path: '/v1/feeds/{feed}/messages',
      right: 'read',
      summary: 'A page of a feed, in seq order; without a cursor the newest one',
      query: HistoryQuerySchema,
      answers: { 200: { meaning: 'Messages in seq order.', schema: HistoryPageSchema } },
      errors: ['read_forbidden', 'message_not_found'],
      async handle({ params, query, caller }) {
        const feed = params.feed ?? ''
        requireReadable(caller.user.id, feed)
        const head = await log.head(feed)
        if (!head) throw new HeraldError('message_not_found', 'The feed holds no message yet.')
        return { status: 200, body: { ...head, messages: await log.read(feed, toPage(query)) } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/messages/{id}',
      right: 'read',
      summary: 'One message by its id',
      answers: { 200: { meaning: 'The message.', schema: MessageSchema } },
      errors: ['message_not_found'],
      async handle({ params, caller }) {
        const message = await log.find(params.id ?? '')
        // Somebody else's message is answered like none at all: its existence is not for everyone to know.
        if (!message || !mayRead(caller.user.id, message.feed)) throw new HeraldError('message_not_found')
        return { status: 200, body: message }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/feeds',
      right: 'read',
      summary: 'Topics that hold messages, the most recently used first',
      answers: { 200: { meaning: 'At most 200 topics.', schema: TopicListSchema } },
      async handle() {
        return { status: 200, body: { topics: await log.topics(MAX_TOPICS) } }
      },
    }),
  ]
}

function toPage({ after, before, limit }: HistoryQuery): PageRequest {
  return after === undefined ? { before: before ?? Number.MAX_SAFE_INTEGER, limit } : { after, limit }
}
