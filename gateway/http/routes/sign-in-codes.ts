import { SignInCodeListSchema, SignInCodeSchema } from '@herald/protocol'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** Codes that sign in once: made, listed without themselves, and taken back. */
export function signInCodeRoutes({ directory }: HttpServices): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/users/{id}/sign-in-codes',
      right: 'admin',
      summary: 'Make a code that signs in as the user once',
      answers: { 201: { meaning: 'The code; put it into a link to the app.', schema: SignInCodeSchema } },
      errors: ['user_not_found', 'user_disabled', 'sign_in_code_limit', 'storage_unavailable'],
      async handle({ params, audit }) {
        const user = await directory.getUser(params.id ?? '')
        const code = await directory.createSignInCode(user.id)
        audit('code_created', user.id)
        return { status: 201, body: code }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/users/{id}/sign-in-codes',
      right: 'admin',
      summary: 'The sign-in codes of a user that could still be used',
      answers: { 200: { meaning: 'Codes without the codes themselves.', schema: SignInCodeListSchema } },
      errors: ['user_not_found'],
      async handle({ params }) {
        const user = await directory.getUser(params.id ?? '')
        return { status: 200, body: { codes: await directory.listSignInCodes(user.id) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/users/{id}/sign-in-codes/{code}',
      right: 'admin',
      summary: 'Take a sign-in code back, by its id',
      answers: { 204: { meaning: 'The code signs nobody in.' } },
      errors: ['user_not_found', 'sign_in_code_not_found', 'storage_unavailable'],
      async handle({ params, audit }) {
        const user = await directory.getUser(params.id ?? '')
        const code = params.code ?? ''
        await directory.dropSignInCodes(user.id, code)
        audit('code_revoked', code, user.id)
        return { status: 204 }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/users/{id}/sign-in-codes',
      right: 'admin',
      summary: 'Take all sign-in codes of a user back',
      answers: { 204: { meaning: 'No code signs in as the user.' } },
      errors: ['user_not_found', 'storage_unavailable'],
      async handle({ params, audit }) {
        const user = await directory.getUser(params.id ?? '')
        await directory.dropSignInCodes(user.id)
        audit('code_revoked', 'all', user.id)
        return { status: 204 }
      },
    }),
  ]
}
