import { HeraldError, OwnSignInCodeSchema, type TokenInfo } from '@herald/protocol'
import { DEVICE_TOKEN_TTL_MS } from '../../contracts/directory'
import { isJwtId } from '../../users/jwt'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** A code that stands on a screen, where others may see it too, works for so long (ms). */
const OWN_CODE_TTL_MS = 10 * 60_000

/** The stamps of a token's two ends are taken one after the other (ms). */
const STAMP_SLACK_MS = 60_000

/** A code by which a user signs in a device of their own. */
export function ownSignInCodeRoutes({ directory, otherDevicesUrl }: HttpServices): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/me/sign-in-codes',
      right: 'read',
      summary: 'Make a code that signs in another device of one’s own, once, within ten minutes',
      answers: {
        201: { meaning: 'The code, and the session that it becomes.', schema: OwnSignInCodeSchema },
      },
      errors: ['add_device_forbidden', 'user_disabled', 'sign_in_code_limit', 'storage_unavailable'],
      async handle({ caller: { token, user }, request, audit }) {
        if (!maySignInOthers(token)) throw new HeraldError('add_device_forbidden')
        const code = await directory.createSignInCode(user.id, OWN_CODE_TTL_MS)
        audit('code_created', user.id)
        const created = code.expires - OWN_CODE_TTL_MS
        return { status: 201, body: { ...code, created, server: otherDevicesUrl(request.client.host) } }
      },
    }),
  ]
}

/**
 * What signs in by a code stays for a year. Whoever was let in for less (by a business backend's JWT, by a token for a visit)
 * would stay longer by it than was meant.
 */
export const maySignInOthers = ({
  id,
  created,
  expires,
}: Pick<TokenInfo, 'id' | 'created' | 'expires'>): boolean =>
  !isJwtId(id) && (expires === null || expires - created >= DEVICE_TOKEN_TTL_MS - STAMP_SLACK_MS)
