import {
  EndedSessionsSchema,
  OwnSignInCodeSchema,
  SessionListSchema,
  type OwnSignInCode,
  type Session,
} from '@herald/protocol'
import * as v from 'valibot'
import type { GatewayApi } from './gateway-api'

// Apart from GatewayApi, which the sign-in page loads.

const PATH = '/v1/me/sessions'

/** Where the user is signed in, the last used first. `device`: this one. Throws ApiError. */
export async function listSessions(api: GatewayApi, device: string): Promise<readonly Session[]> {
  const { sessions } = await api.call(
    SessionListSchema,
    'GET',
    `${PATH}?device=${encodeURIComponent(device)}`,
  )
  return sessions
}

/** Signs one session out. Throws ApiError. */
export async function endSession(api: GatewayApi, id: string): Promise<void> {
  await api.call(v.unknown(), 'DELETE', `${PATH}/${encodeURIComponent(id)}`)
}

/** Signs out all but this device. Answers how many. Throws ApiError. */
export async function endOtherSessions(api: GatewayApi, device: string): Promise<number> {
  const path = `${PATH}?device=${encodeURIComponent(device)}`
  return (await api.call(EndedSessionsSchema, 'DELETE', path)).ended
}

/** Makes a code that signs another device of the user in. Throws ApiError. */
export function makeSignInCode(api: GatewayApi): Promise<OwnSignInCode> {
  return api.call(OwnSignInCodeSchema, 'POST', '/v1/me/sign-in-codes')
}
