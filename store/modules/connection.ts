import type { Module } from 'vuex'

/** The connection as pages show it. */
export interface ConnectionState {
  name: 'stopped' | 'suspended' | 'waiting' | 'connecting' | 'live'
  /** The code that stopped it, or the last one that closed it. */
  code: number | null
  closeName: string | null
  /** When it dials again, in ms since 1970; null when it does not wait. */
  retryAt: number | null
  networkOnline: boolean
  /** Whether this tab holds the socket; always true where there are no tabs. */
  leader: boolean
  /** Whether what arrives can currently not be kept on this device. */
  storageFailed: boolean
}

/** Mutations only assign. */
export const connectionModule: Module<ConnectionState, unknown> = {
  namespaced: true,
  state: () => ({
    name: 'stopped',
    code: null,
    closeName: null,
    retryAt: null,
    networkOnline: true,
    leader: true,
    storageFailed: false,
  }),
  mutations: {
    update(state, patch: Partial<ConnectionState>) {
      Object.assign(state, patch)
    },
  },
}
