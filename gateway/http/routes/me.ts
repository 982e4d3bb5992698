import {
  FeedStateSchema,
  FollowBodySchema,
  MeSchema,
  ReadAnswerSchema,
  ReadBodySchema,
} from '@herald/protocol'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** The user behind the token: feeds, following, read state. */
export function meRoutes({ subscriptions }: HttpServices): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me',
      right: 'read',
      summary: 'Who the token acts as, and that user’s feeds with their unread counts',
      answers: { 200: { meaning: 'User, token and feeds.', schema: MeSchema } },
      async handle({ caller: { user, token } }) {
        return { status: 200, body: { user, token, feeds: await subscriptions.feedsOf(user.id) } }
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/me/feeds/{feed}',
      right: 'read',
      summary: 'Follow a feed, or mute and unmute it',
      body: FollowBodySchema,
      bodyOptional: true,
      answers: { 200: { meaning: 'The feed as the user sees it now.', schema: FeedStateSchema } },
      errors: ['read_forbidden', 'topic_limit', 'storage_unavailable'],
      async handle({ params, body, caller }) {
        return {
          status: 200,
          body: await subscriptions.follow(caller.user.id, params.feed ?? '', body.muted),
        }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/feeds/{feed}',
      right: 'read',
      summary: 'Stop following a topic',
      answers: { 204: { meaning: 'The user does not follow it.' } },
      errors: ['feed_required', 'storage_unavailable'],
      async handle({ params, caller }) {
        await subscriptions.unfollow(caller.user.id, params.feed ?? '')
        return { status: 204 }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/me/read',
      right: 'read',
      summary: 'Mark messages as read; merged as a set, so order and repeats do not matter',
      body: ReadBodySchema,
      answers: { 200: { meaning: 'What is read of the feed now.', schema: ReadAnswerSchema } },
      errors: ['read_forbidden', 'epoch_unknown', 'storage_unavailable'],
      async handle({ body: { feed, epoch, ranges }, caller }) {
        return { status: 200, body: await subscriptions.markRead(caller.user.id, feed, epoch, ranges) }
      },
    }),
  ]
}
