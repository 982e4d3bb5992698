import * as v from 'valibot'
import type { KeyValue } from '../storage/storage'

const SETTINGS_KEY = 'herald.settings'

const TimeOfDaySchema = v.pipe(v.string(), v.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/))

/** What the user chose on this device. Every field falls back by itself, so that one bad value loses no other. */
export const SettingsSchema = v.object({
  language: v.fallback(v.picklist(['auto', 'zh-Hans', 'en']), 'auto'),
  theme: v.fallback(v.picklist(['auto', 'light', 'dark']), 'auto'),
  notifications: v.fallback(v.boolean(), true),
  sound: v.fallback(v.boolean(), true),
  vibration: v.fallback(v.boolean(), true),
  preview: v.fallback(v.boolean(), true),
  quietHours: v.fallback(
    v.object({ enabled: v.boolean(), from: TimeOfDaySchema, to: TimeOfDaySchema }),
    () => ({ enabled: false, from: '22:00', to: '07:00' }),
  ),
})

export type Settings = v.InferOutput<typeof SettingsSchema>

/** The settings as they were saved, or the defaults. */
export function readSettings(store: KeyValue): Settings {
  const saved = v.safeParse(v.record(v.string(), v.unknown()), store.get(SETTINGS_KEY))
  return v.parse(SettingsSchema, saved.success ? saved.output : {})
}

/** Saves the settings. They outlive a sign-out: they are the device's, and hold nothing of the user. */
export function writeSettings(store: KeyValue, settings: Settings): void {
  store.set(SETTINGS_KEY, settings)
}
