import type { Session } from '@herald/protocol'
import { endOtherSessions, endSession, listSessions, makeSignInCode } from '../services/api/session-api'
import { signInLinkOf } from '../services/session/sign-in-link'
import { store } from './index'
import { account } from './runtime'

/** Where the user is signed in, the last used first. Throws ApiError. */
export async function loadSessions(): Promise<readonly Session[]> {
  return listSessions((await account()).api, store.state.session.deviceId)
}

/** Signs another device out. Throws ApiError. */
export async function signOutSession(id: string): Promise<void> {
  await endSession((await account()).api, id)
}

/** Signs out every device but this one. Answers how many. Throws ApiError. */
export async function signOutOthers(): Promise<number> {
  return endOtherSessions((await account()).api, store.state.session.deviceId)
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
  const { code, session, created, expires, server } = await makeSignInCode((await account()).api)
  const link = signInLinkOf({ server: server ?? store.state.session.server, code })
  return { link, lifeMs: expires - created, session }
}
