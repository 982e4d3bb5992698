import {
  HeraldError,
  SignedInSchema,
  SignInBodySchema,
  SignInPeekBodySchema,
  SignInPeekSchema,
} from '@herald/protocol'
import { addressKey } from '../../process/addresses'
import type { RateLimits } from '../rate-limits'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** A stranger may send it: 64 KB of nested JSON would cost 4 ms to read, and a code with a label has no use for more. */
const MAX_SIGN_IN_BYTES = 4096

/** `POST /v1/sign-in`: the one-time code of a link for a token; and before that, whose it is. */
export function signInRoutes({ directory, metrics }: HttpServices, limits: RateLimits): Route[] {
  /** Codes are shorter than tokens: a guesser is stopped before the try, and by whichever route. */
  async function guarded<Answer>(from: string, look: () => Answer | Promise<Answer>): Promise<Answer> {
    const address = addressKey(from)
    await limits.checkFailures(address)
    try {
      return await look()
    } catch (error) {
      if (error instanceof HeraldError && error.status === 401) {
        metrics.authenticationFailed(error.code)
        await limits.failure(address)
      }
      throw error
    }
  }
  return [
    route({
      method: 'POST',
      path: '/v1/sign-in/peek',
      right: 'public',
      summary: 'Whose a sign-in code is; the code is not used up',
      body: SignInPeekBodySchema,
      maxBodyBytes: MAX_SIGN_IN_BYTES,
      answers: { 200: { meaning: 'The user, and until when the code works.', schema: SignInPeekSchema } },
      errors: ['sign_in_code_invalid', 'storage_unavailable'],
      async handle({ body: { code }, request }) {
        return {
          status: 200,
          body: await guarded(request.client.address, () => directory.peekSignInCode(code)),
        }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/sign-in',
      right: 'public',
      summary: 'Exchange a one-time sign-in code for a token',
      body: SignInBodySchema,
      maxBodyBytes: MAX_SIGN_IN_BYTES,
      answers: { 201: { meaning: 'A token that reads as the user.', schema: SignedInSchema } },
      errors: ['sign_in_code_invalid', 'token_limit', 'storage_unavailable'],
      async handle({ body: { code, label }, request, audit }) {
        const signedIn = await guarded(request.client.address, () => directory.redeemSignInCode(code, label))
        audit('signed_in', signedIn.info.id, signedIn.user.id)
        return { status: 201, body: signedIn }
      },
    }),
  ]
}
