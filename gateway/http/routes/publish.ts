import { PublishBodySchema, PublishedSchema } from '@herald/protocol'
import { Publisher } from '../../publish/publisher'
import { readIdempotencyKey } from '../idempotency'
import { refuseOptions, refuseTrailers } from '../message-options'
import { route, TextBody, type Route } from '../route'
import type { HttpServices } from '../services'
import { readTextMessage, textHeaders } from '../text-message'

/** `POST /v1/feeds/{feed}/messages`: the reason for everything else. `curl -T` says PUT. */
export function publishRoutes(services: HttpServices): Route[] {
  const publisher = new Publisher(services)
  return [publishRoute('POST', publisher), publishRoute('PUT', publisher)]
}

function publishRoute(method: 'POST' | 'PUT', publisher: Publisher): Route {
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
      refuseTrailers(request.raw)
      if (!(request.body instanceof TextBody)) refuseOptions(request)
      const key = readIdempotencyKey(request.headers['idempotency-key'])
      const { published, repeated } = await publisher.publish(caller.token, params.feed ?? '', body, key)
      if (repeated) return { status: 200, body: published, headers: { 'idempotent-replayed': 'true' } }
      return { status: 201, body: published }
    },
  })
}
