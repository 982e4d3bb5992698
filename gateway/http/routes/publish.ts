import { HeraldError, PublishBodySchema, PublishedSchema } from '@herald/protocol'
import { Publisher } from '../../publish/publisher'
import { refuseOptions, refuseTrailers } from '../message-options'
import { route, TextBody, type Route } from '../route'
import type { HttpServices } from '../services'
import { readTextMessage, textHeaders } from '../text-message'

/** Visible ASCII and spaces inside; a UUID is a good key. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/

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

/**
 * The key that makes a publish safe to repeat (draft-ietf-httpapi-idempotency-key-header), or undefined without
 * the header.
 */
function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !IDEMPOTENCY_KEY.test(header)) {
    throw new HeraldError(
      'invalid_header',
      'Idempotency-Key: expected 1-200 characters of visible ASCII, spaces only between them',
    )
  }
  return header
}
