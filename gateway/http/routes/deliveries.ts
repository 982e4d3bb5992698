import {
  DeadLettersSchema,
  DeliveriesQuerySchema,
  DeliveriesSchema,
  HeraldError,
  patternCovers,
  ReplayBodySchema,
  ReplayedSchema,
  type Message,
} from '@herald/protocol'
import type { Principal } from '../../contracts/directory'
import { mayRead } from '../../contracts/subscriptions'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Dead letters that one answer lists, and one replay takes up. */
const MAX_DEAD = 200
const MAX_REPLAY = 10_000

/** What became of a message on each device, and what could not be delivered. */
export function deliveryRoutes({ log, deliveries, deadLetters }: HttpServices): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/messages/{id}/deliveries',
      right: 'token',
      summary:
        'What became of a message on each device: everybody’s for who may publish to its feed, otherwise one’s own',
      query: DeliveriesQuerySchema,
      answers: { 200: { meaning: 'A page of devices, by user and device id.', schema: DeliveriesSchema } },
      errors: ['message_not_found'],
      async handle({ params, query, caller }) {
        const message = await log.find(params.id ?? '')
        const scope = message && scopeOf(caller, message)
        if (!message || !scope) throw new HeraldError('message_not_found')
        const { id, feed, seq, time, expires } = message
        const page = await deliveries.page(message, scope.only, query.after, query.limit)
        const about = { id, feed, seq, time, ...(expires !== undefined && { expires }) }
        return { status: 200, body: { message: about, ...page } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/dead-letters',
      right: 'admin',
      summary: 'Pushes that no service could be made to take, the newest first',
      answers: { 200: { meaning: `At most ${String(MAX_DEAD)}.`, schema: DeadLettersSchema } },
      async handle() {
        return { status: 200, body: { deadLetters: await deadLetters.list(MAX_DEAD) } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/dead-letters/replay',
      right: 'admin',
      summary: 'Try dead pushes again, those of one message or all',
      body: ReplayBodySchema,
      bodyOptional: true,
      answers: { 200: { meaning: 'How many are due again.', schema: ReplayedSchema } },
      errors: ['message_not_found', 'storage_unavailable'],
      async handle({ body }) {
        const message = body.message === undefined ? undefined : await log.find(body.message)
        if (body.message !== undefined && !message) throw new HeraldError('message_not_found')
        return { status: 200, body: { replayed: await deadLetters.replay(message, MAX_REPLAY) } }
      },
    }),
  ]

  /** Whose devices a caller may hear about; undefined: the message is none of theirs. */
  function scopeOf({ token, user }: Principal, { feed }: Message): { only: string | undefined } | undefined {
    const isSender =
      token.scopes.admin || token.scopes.publish.some((pattern) => patternCovers(pattern, feed))
    if (isSender) return { only: undefined }
    const isReader = user !== null && token.scopes.read && mayRead(user.id, feed)
    return isReader ? { only: user.id } : undefined
  }
}
