import {
  feedKind,
  feedLabel,
  PublishBodySchema,
  PublishedSchema,
  type Content,
  type PublishBody,
} from '@herald/protocol'
import { readIdempotencyKey } from '../idempotency'
import { refuseOptions } from '../message-options'
import { route, TextBody, type Route } from '../route'
import type { HttpServices } from '../services'
import { readTextMessage, textHeaders } from '../text-message'

/** `POST /v1/feeds/{feed}/messages`: the reason for everything else. `curl -T` says PUT. */
export function publishRoutes(services: HttpServices): Route[] {
  return [publishRoute('POST', services), publishRoute('PUT', services)]
}

function publishRoute(
  method: 'POST' | 'PUT',
  { log, directory, subscriptions, metrics, clock }: HttpServices,
): Route {
  return route({
    method,
    path: '/v1/feeds/{feed}/messages',
    right: 'publish',
    summary:
      method === 'PUT'
        ? 'The same, for `curl -T`'
        : 'Publish a message, as JSON or as plain text with headers',
    body: PublishBodySchema,
    readText: readTextMessage,
    headers: [
      { name: 'Idempotency-Key', meaning: 'makes the request safe to repeat for a day' },
      ...textHeaders,
    ],
    answers: {
      201: { meaning: 'The message is on stable storage.', schema: PublishedSchema },
      200: {
        meaning: 'The Idempotency-Key was known: the first answer again, and no second message.',
        schema: PublishedSchema,
      },
    },
    errors: [
      ...(['user_not_found', 'idempotency_conflict', 'invalid_header', 'invalid_query'] as const),
      'storage_unavailable',
    ],
    async handle({ params, body, caller, request }) {
      if (!(request.body instanceof TextBody)) refuseOptions(request)
      const feed = params.feed ?? ''
      // A misspelt topic cannot be told from a new one, but a message to nobody can: it would be lost in silence.
      if (feedKind(feed) === 'user') await directory.getUser(feedLabel(feed))
      const key = readIdempotencyKey(request.headers['idempotency-key'], caller.token.id, feed, body)
      const { repeated, ...published } = await log.append(feed, toContent(body, clock.now()), key)
      metrics.published(repeated)
      // The answer is often all that a sender sees: a topic that nobody follows is heard by nobody.
      const answer = { ...published, followers: await subscriptions.followers(feed) }
      if (repeated) return { status: 200, body: answer, headers: { 'idempotent-replayed': 'true' } }
      return { status: 201, body: answer }
    },
  })
}

/** What the log keeps: a life in seconds becomes the moment of its end. */
function toContent({ ttl, ...content }: PublishBody, now: number): Content {
  return ttl === undefined ? content : { ...content, expires: now + ttl * 1000 }
}
