import type { Settings } from '../services/storage/settings'
import { client, runningClient, withClient } from './runtime'

export type { SettingsState } from './modules/settings'

/** Changes settings, saves them and tells the other tabs. */
export function updateSettings(patch: Partial<Settings>): void {
  withClient((client) => {
    client.updateSettings(patch)
  })
}

/** Asks the system for the right to notify. Must be called from a tap: browsers ignore it otherwise. */
export async function requestPermission(): Promise<void> {
  // Without a turn of the loop where it can be: a tap does not count for long.
  await (runningClient() ?? (await client())).preferences.requestPermission()
}

/** Whether this platform can open its settings of this app. */
export function canOpenSystemSettings(): boolean {
  return runningClient()?.preferences.canOpenSystemSettings() ?? false
}

/** Opens the system's settings of this app, where there are such. */
export function openSystemSettings(): void {
  withClient((client) => {
    client.preferences.openSystemSettings()
  })
}

/** Shows a message that nobody sent, as a real one would be shown. */
export async function sendTestAlert(): Promise<void> {
  await (await client()).sendTestAlert()
}
