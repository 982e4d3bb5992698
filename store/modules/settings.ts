import type { Module } from 'vuex'
import type { Permission, UnsupportedReason } from '../../services/presentation/presentation'
import type { PushView } from '../../services/push/push-port'
import { defaultSettings, type Settings } from '../../services/storage/settings'

/** The saved settings, and what the system says about notifications (which is not ours to save). */
export interface SettingsState extends Settings {
  permission: Permission
  /** Why there can be no system notifications here; null when there can. */
  unsupported: UnsupportedReason | null
  /** How a push reaches this device; null: not known yet. */
  push: PushView
}

/** Mutations only assign. */
export const settingsModule: Module<SettingsState, unknown> = {
  namespaced: true,
  state: () => ({
    ...defaultSettings,
    permission: 'default',
    unsupported: null,
    push: null,
  }),
  mutations: {
    update(state, patch: Partial<SettingsState>) {
      Object.assign(state, patch)
    },
  },
}
