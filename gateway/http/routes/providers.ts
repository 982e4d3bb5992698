import { CheckBodySchema, ProviderChecksSchema, ProviderListSchema } from '@herald/protocol'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Which push services are on, and whether their credentials work. */
export function providerRoutes({ push }: HttpServices): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/providers',
      right: 'admin',
      summary: 'Every push service: whether it is on, for which app, and why it is off',
      answers: { 200: { meaning: 'All that there are.', schema: ProviderListSchema } },
      handle() {
        return { status: 200, body: { providers: push.list() } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/providers/check',
      right: 'admin',
      summary: 'Ask the push services that are on whether their credentials work; nobody is rung',
      body: CheckBodySchema,
      bodyOptional: true,
      answers: { 200: { meaning: 'What each said, within about 10 s.', schema: ProviderChecksSchema } },
      async handle({ body }) {
        return { status: 200, body: { checks: await push.check(body.provider) } }
      },
    }),
  ]
}
