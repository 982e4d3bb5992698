import { HeraldError, SignedInSchema, SignInBodySchema } from '@herald/protocol'
import { addressKey } from '../../addresses'
import type { RateLimits } from '../rate-limits'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** `POST /v1/sign-in`: the one-time code of a link for a token. */
export function signInRoutes({ directory, metrics }: HttpServices, limits: RateLimits): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/sign-in',
      right: 'public',
      summary: 'Exchange a one-time sign-in code for a token',
      body: SignInBodySchema,
      answers: { 201: { meaning: 'A token that reads as the user.', schema: SignedInSchema } },
      errors: ['sign_in_code_invalid', 'token_limit', 'storage_unavailable'],
      async handle({ body: { code, label }, request, audit }) {
        const address = addressKey(request.client.address)
        // Codes are shorter than tokens: here a guesser is stopped before the try.
        await limits.checkFailures(address)
        try {
          const signedIn = await directory.redeemSignInCode(code, label)
          audit('signed_in', signedIn.info.id, signedIn.user.id)
          return { status: 201, body: signedIn }
        } catch (error) {
          if (error instanceof HeraldError && error.status === 401) {
            metrics.authenticationFailed(error.code)
            await limits.failure(address)
          }
          throw error
        }
      },
    }),
  ]
}
