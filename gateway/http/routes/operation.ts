import { StatusSchema } from '@herald/protocol'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** What an operator asks of the API. */
export function operationRoutes({ log, status }: HttpServices): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/status',
      right: 'admin',
      summary: 'How the gateway is',
      answers: { 200: { meaning: 'Figures of this moment.', schema: StatusSchema } },
      async handle() {
        return { status: 200, body: await status() }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/epochs',
      right: 'admin',
      summary: 'Give every feed a new epoch, after the store was restored from a copy',
      answers: { 204: { meaning: 'Devices drop what they hold and load the log anew.' } },
      errors: ['storage_unavailable'],
      async handle() {
        await log.renewEpochs()
        return { status: 204 }
      },
    }),
  ]
}
