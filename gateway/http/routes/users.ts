import { CreateUserBodySchema, UserListSchema, UserSchema } from '@herald/protocol'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Users, for an administrator or a business backend. */
export function userRoutes({ directory }: HttpServices): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/users',
      right: 'admin',
      summary: 'Create a user',
      body: CreateUserBodySchema,
      answers: { 201: { meaning: 'The user; its own feed and all are followed.', schema: UserSchema } },
      errors: ['user_exists', 'storage_unavailable'],
      async handle({ body }) {
        return { status: 201, body: await directory.createUser(body.id, body.name) }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/users',
      right: 'admin',
      summary: 'All users',
      answers: { 200: { meaning: 'All users.', schema: UserListSchema } },
      handle() {
        return { status: 200, body: { users: directory.listUsers() } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/users/{id}',
      right: 'admin',
      summary: 'Remove a user and everything of the user’s; live connections end within a second',
      answers: { 204: { meaning: 'Nothing of the user is left.' } },
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params }) {
        await directory.removeUser(params.id ?? '')
        return { status: 204 }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/users/{id}/disable',
      right: 'admin',
      summary: 'Let nobody act as the user; live connections end within a second, and nothing is lost',
      answers: { 204: { meaning: 'Nobody can act as the user.' } },
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params }) {
        await directory.disableUser(params.id ?? '')
        return { status: 204 }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/users/{id}/enable',
      right: 'admin',
      summary: 'Let a user in again who was disabled',
      answers: { 204: { meaning: 'The user’s tokens and JWTs work.' } },
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params }) {
        await directory.enableUser(params.id ?? '')
        return { status: 204 }
      },
    }),
  ]
}
