import { ApiError } from '../api/api-error'
import { GatewayApi } from '../api/gateway-api'
import type { SendRequest } from '../api/http'
import type { Clock } from '../clock'
import type { SessionRecord } from './session-record'

/** When a sign-out that found no gateway is tried again. */
export const REVOKE_RETRY_MS: readonly number[] = [5_000, 30_000, 120_000, 600_000]

export interface RevocationPorts {
  readonly send: SendRequest
  readonly clock: Clock
  /** This device's id. */
  readonly device: string
  /** The same user has signed in again: the registration is that of the new session now. */
  readonly isBack: () => boolean
}

/**
 * Ends on the gateway what a sign-out ended here: first the registration, so that no push comes for who has left, then
 * the token, if it was made for this device. Tried again in memory only: to keep the token for later would leave
 * behind on the device just what a sign-out has to remove. A token that could not be revoked in this life of the app
 * stays valid until it expires or somebody revokes it on the gateway.
 */
export function revokeSession(session: SessionRecord, ports: RevocationPorts): void {
  const api = new GatewayApi(ports.send, session.server, () => session.token)
  const steps = [
    async () => {
      if (!ports.isBack()) await api.forgetDevice(ports.device)
    },
    async () => {
      if (session.origin === 'link') await api.revokeToken(session.tokenId)
    },
  ]
  const attempt = async (tries: number): Promise<void> => {
    for (let step = steps[0]; step; step = steps[0]) {
      try {
        await step()
      } catch (error) {
        const wait = REVOKE_RETRY_MS[tries]
        if (error instanceof ApiError && error.retryable) {
          if (wait !== undefined) ports.clock.setTimeout(() => void attempt(tries + 1), wait)
          return
        }
        // Any other answer says that there is nothing to end (any more): that is what was wanted.
      }
      steps.shift()
    }
  }
  void attempt(0)
}
