import {
  CreatedTokenSchema,
  CreateTokenBodySchema,
  HeraldError,
  TokenListSchema,
  type CreateTokenBody,
} from '@herald/protocol'
import { isJwtId } from '../../users/jwt'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Tokens of users, tokens without a user, and their end. */
export function tokenRoutes(services: HttpServices): Route[] {
  return [...userTokenRoutes(services), ...ownerlessTokenRoutes(services), revokeRoute(services)]
}

function userTokenRoutes({ directory }: HttpServices): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/users/{id}/tokens',
      right: 'admin',
      summary: 'Create a token that acts as a user',
      body: CreateTokenBodySchema,
      answers: { 201: { meaning: 'The only answer that holds the secret.', schema: CreatedTokenSchema } },
      errors: ['user_not_found', 'user_disabled', 'token_limit', 'storage_unavailable'],
      async handle({ params, body, audit }) {
        requireSomeRight(body)
        const created = await directory.createToken(params.id ?? '', body)
        audit('token_created', created.info.id, created.info.user)
        return { status: 201, body: created }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/users/{id}/tokens',
      right: 'admin',
      summary: 'The tokens of a user',
      answers: { 200: { meaning: 'Tokens without their secrets.', schema: TokenListSchema } },
      errors: ['user_not_found'],
      async handle({ params }) {
        const user = await directory.getUser(params.id ?? '')
        return { status: 200, body: { tokens: await directory.listTokens(user.id) } }
      },
    }),
  ]
}

function ownerlessTokenRoutes({ directory }: HttpServices): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/tokens',
      right: 'admin',
      summary: 'Create a token without a user, for a sender or an administrator',
      body: CreateTokenBodySchema,
      answers: { 201: { meaning: 'The only answer that holds the secret.', schema: CreatedTokenSchema } },
      errors: ['storage_unavailable'],
      async handle({ body, audit }) {
        if (body.read)
          throw new HeraldError(
            'invalid_body',
            'read: needs a user; create the token under /v1/users/{id}/tokens',
          )
        requireSomeRight(body)
        const created = await directory.createToken(null, body)
        audit('token_created', created.info.id)
        return { status: 201, body: created }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/tokens',
      right: 'admin',
      summary: 'The tokens without a user',
      answers: { 200: { meaning: 'Tokens without their secrets.', schema: TokenListSchema } },
      async handle() {
        return { status: 200, body: { tokens: await directory.listTokens(null) } }
      },
    }),
  ]
}

function revokeRoute({ directory }: HttpServices): Route {
  return route({
    method: 'DELETE',
    path: '/v1/tokens/{id}',
    right: 'token',
    summary: 'Revoke a token: any with the admin right, or the request’s own (which is a sign-out)',
    answers: { 204: { meaning: 'The token is revoked and its sockets are closed.' } },
    errors: ['admin_required', 'token_not_found', 'storage_unavailable'],
    async handle({ params, caller, audit }) {
      const id = params.id ?? ''
      if (id !== caller.token.id && !caller.token.scopes.admin) throw new HeraldError('admin_required')
      if (isJwtId(id))
        throw new HeraldError(
          'token_not_found',
          'A JWT is no token of the gateway. Sign its device out: DELETE /v1/me/devices/{id}',
        )
      await directory.revokeToken(id)
      audit('token_revoked', id)
      return { status: 204 }
    },
  })
}

/** A token that may do nothing is a mistake in the request, found now and not at the first 403. */
function requireSomeRight({ publish, read, admin }: CreateTokenBody): void {
  if (publish.length === 0 && !read && !admin) {
    throw new HeraldError('invalid_body', 'Give publish, read or admin: this token could do nothing.')
  }
}
