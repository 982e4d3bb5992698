import { ApiError } from '../api/api-error'
import { GatewayApi } from '../api/gateway-api'
import type { SendRequest } from '../api/http'
import type { Clock } from '../clock'
import type { SessionRecord } from './session-record'

/** When a revocation that found no gateway is tried again. */
export const REVOKE_RETRY_MS: readonly number[] = [5_000, 30_000, 120_000, 600_000]

/**
 * Revokes the token of a session that was signed out. Tried again in memory only: to keep the token for later
 * would leave behind on the device just what a sign-out has to remove. A token that could not be revoked
 * in this life of the app stays valid until it expires or somebody revokes it on the gateway.
 */
export function revokeSession(session: SessionRecord, send: SendRequest, clock: Clock): void {
  if (session.origin !== 'link') return
  const api = new GatewayApi(send, session.server, session.token)
  const attempt = async (tries: number): Promise<void> => {
    try {
      await api.revokeToken(session.tokenId)
    } catch (error) {
      const wait = REVOKE_RETRY_MS[tries]
      // Any other answer says that the token is no longer good: that is what was wanted.
      if (!(error instanceof ApiError) || !error.retryable || wait === undefined) return
      clock.setTimeout(() => void attempt(tries + 1), wait)
    }
  }
  void attempt(0)
}
