import { PublishedSchema, TestBodySchema, type Published, type TestBody } from '@herald/protocol'
import { Publisher } from '../../publish/publisher'
import { testAlert } from '../../publish/test-alert'
import type { RateLimits } from '../rate-limits'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

const accepted = {
  201: { meaning: 'It is on stable storage; its deliveries say what became of it.', schema: PublishedSchema },
}

/** A message to oneself, or to one user, that is sent to see whether messages arrive. */
export function testAlertRoutes(services: HttpServices, limits: RateLimits): Route[] {
  const publisher = new Publisher(services)

  /** Its words are the gateway's, so that a token that only reads can do no more by it than alert its own user. */
  async function send(sender: string, user: string, body: TestBody): Promise<Published> {
    await limits.tests(user)
    const feed = `user:${user}`
    const { published } = await publisher.publish(
      { id: sender, scopes: { publish: [feed] } },
      feed,
      testAlert(body),
    )
    return published
  }

  return [
    route({
      method: 'POST',
      path: '/v1/me/test',
      right: 'read',
      summary: 'Send oneself a test alert, to see by its deliveries whether messages arrive',
      body: TestBodySchema,
      bodyOptional: true,
      answers: accepted,
      errors: ['storage_unavailable'],
      async handle({ body, caller: { token, user } }) {
        return { status: 201, body: await send(token.id, user.id, body) }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/users/{id}/test',
      right: 'admin',
      summary: 'Send a user a test alert',
      body: TestBodySchema,
      bodyOptional: true,
      answers: accepted,
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params, body, caller: { token } }) {
        return { status: 201, body: await send(token.id, params.id ?? '', body) }
      },
    }),
  ]
}
