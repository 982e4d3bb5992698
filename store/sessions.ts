import type { Session } from '@herald/protocol'
import { endOtherSessions, endSession, listSessions } from '../services/api/session-api'
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
