import type { Session } from '@herald/protocol'
import { endOtherSessions, endSession, listSessions, makeSignInCode } from '../services/api/session-api'
import { useHerald } from './instances'
import { signInLinkOf } from '../services/session/sign-in-link'
import { signedInAccount } from './account'

const own = (): string => useHerald().state.session.deviceId

/** Where the user is signed in, the last used first. Throws ApiError. */
export async function loadSessions(): Promise<readonly Session[]> {
  return listSessions((await signedInAccount()).api, own())
}

/** Signs another device out. Throws ApiError. */
export async function signOutSession(id: string): Promise<void> {
  await endSession((await signedInAccount()).api, id)
}

/** Signs out every device but this one. Answers how many. Throws ApiError. */
export async function signOutOthers(): Promise<number> {
  return endOtherSessions((await signedInAccount()).api, own())
}

/** A link that signs another device in once. */
export interface DeviceLink {
  readonly link: string
  /** For how long it works from now on (ms); by the server's clock, which this device's may not agree with. */
  readonly lifeMs: number
  /** The id of the session that it becomes. */
  readonly session: string
}

/** Makes a link for another device of the user. Throws ApiError. */
export async function makeDeviceLink(): Promise<DeviceLink> {
  const { code, session, created, expires, server } = await makeSignInCode((await signedInAccount()).api)
  const link = signInLinkOf({ server: server ?? useHerald().state.session.server, code })
  return { link, lifeMs: expires - created, session }
}
