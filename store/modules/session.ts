import type { Module } from 'vuex'
import type { User } from '@herald/protocol'

/** Who is signed in, and where. The token is not here: pages have no use for it. */
export interface SessionState {
  status: 'restoring' | 'signedOut' | 'signedIn'
  /** The gateway's address without a slash at the end; on the sign-in page the one to offer. */
  server: string
  user: User | null
  deviceId: string
  /** The code that ended the last session (`token_revoked`, `token_expired` …); null after a wanted sign-out. */
  endedBecause: string | null
  /** Whose messages wait on this device, unseen, for that person to sign in again. */
  kept: User | null
}

/** Mutations only assign. */
export const sessionModule: Module<SessionState, unknown> = {
  namespaced: true,
  state: () => ({
    status: 'restoring',
    server: '',
    user: null,
    deviceId: '',
    endedBecause: null,
    kept: null,
  }),
  mutations: {
    update(state, patch: Partial<SessionState>) {
      Object.assign(state, patch)
    },
  },
}
