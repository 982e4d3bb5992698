import { CreateUserBodySchema, SignInCodeSchema, UserListSchema, UserSchema } from '@herald/protocol'
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
      method: 'POST',
      path: '/v1/users/{id}/sign-in-codes',
      right: 'admin',
      summary: 'Make a code that signs in as the user once',
      answers: { 201: { meaning: 'The code; put it into a link to the app.', schema: SignInCodeSchema } },
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params }) {
        const user = directory.getUser(params.id ?? '')
        return { status: 201, body: await directory.createSignInCode(user.id) }
      },
    }),
  ]
}
