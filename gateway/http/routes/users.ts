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
      async handle({ body, audit }) {
        const user = await directory.createUser(body.id, body.name)
        audit('user_created', user.id)
        return { status: 201, body: user }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/users',
      right: 'admin',
      summary: 'All users',
      answers: { 200: { meaning: 'All users.', schema: UserListSchema } },
      async handle() {
        return { status: 200, body: { users: await directory.listUsers() } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/users/{id}',
      right: 'admin',
      summary: 'Remove a user and everything of the user’s; live connections end within a second',
      answers: { 204: { meaning: 'Nothing of the user is left.' } },
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params, audit }) {
        const id = params.id ?? ''
        await directory.removeUser(id)
        audit('user_removed', id)
        return { status: 204 }
      },
    }),
    ...doorRoutes(directory),
  ]
}

/** Whether anybody may act as a user. */
function doorRoutes(directory: HttpServices['directory']): Route[] {
  const errors = ['user_not_found', 'storage_unavailable'] as const
  return [
    route({
      method: 'POST',
      path: '/v1/users/{id}/disable',
      right: 'admin',
      summary: 'Let nobody act as the user; live connections end within a second, and nothing is lost',
      answers: { 204: { meaning: 'Nobody can act as the user.' } },
      errors: [...errors],
      async handle({ params, audit }) {
        const id = params.id ?? ''
        await directory.disableUser(id)
        audit('user_disabled', id)
        return { status: 204 }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/users/{id}/enable',
      right: 'admin',
      summary: 'Let a user in again who was disabled',
      answers: { 204: { meaning: 'The user’s tokens and JWTs work.' } },
      errors: [...errors],
      async handle({ params, audit }) {
        const id = params.id ?? ''
        await directory.enableUser(id)
        audit('user_enabled', id)
        return { status: 204 }
      },
    }),
  ]
}
