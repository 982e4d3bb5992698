import type { KeyValue } from './storage'

const SETTINGS_KEY = 'settings'

const LANGUAGE = /^[a-z]{2,8}(?:-[a-z\d]{1,8}){0,3}$/i
const TIME_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d$/

/** What the user chose on this device. Times are `HH:MM`. */
export interface Settings {
  /** A BCP 47 tag; `auto`: as the system's. */
  readonly language: string
  readonly theme: 'auto' | 'light' | 'dark'
  readonly notifications: boolean
  readonly sound: boolean
  readonly vibration: boolean
  readonly preview: boolean
  /** Pictures of messages that do not come from the user's own gateway: fetched at once, after a tap, or no picture at all. */
  readonly pictures: 'always' | 'ask' | 'never'
  /** Whether the inbox says that notifications are off, where they are. */
  readonly offCard: boolean
  readonly quietHours: { readonly enabled: boolean; readonly from: string; readonly to: string }
}

/** What holds until the user chooses. */
export const defaultSettings: Settings = {
  language: 'auto',
  theme: 'auto',
  notifications: true,
  sound: true,
  vibration: true,
  preview: true,
  pictures: 'ask',
  offCard: true,
  quietHours: { enabled: false, from: '22:00', to: '07:00' },
}

/** What a field may hold. By hand and not by a schema, whose library the first list does not wait for. */
const isValid: { readonly [Key in keyof Settings]: (value: unknown) => value is Settings[Key] } = {
  language: (value): value is string => typeof value === 'string' && LANGUAGE.test(value),
  theme: (value) => value === 'auto' || value === 'light' || value === 'dark',
  notifications: isBoolean,
  sound: isBoolean,
  vibration: isBoolean,
  preview: isBoolean,
  pictures: (value) => value === 'always' || value === 'ask' || value === 'never',
  offCard: isBoolean,
  quietHours: isQuietHours,
}

/** The settings as they were saved, or the defaults. Each field falls back by itself, so that one bad value loses no other. */
export function readSettings(store: KeyValue): Settings {
  const saved = store.get<unknown>(SETTINGS_KEY)
  if (typeof saved !== 'object' || saved === null) return defaultSettings
  const known = Object.entries(saved).filter(([key, value]) => isField(key) && isValid[key](value))
  return { ...defaultSettings, ...Object.fromEntries(known) }
}

/** Saves the settings. They outlive a sign-out: they are the device's, and hold nothing of the user. */
export function writeSettings(store: KeyValue, settings: Settings): void {
  store.set(SETTINGS_KEY, settings)
}

const isField = (key: string): key is keyof Settings =>
  Object.prototype.hasOwnProperty.call(defaultSettings, key)

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isQuietHours(value: unknown): value is Settings['quietHours'] {
  if (typeof value !== 'object' || value === null) return false
  const { enabled, from, to } = value as Record<string, unknown>
  return isBoolean(enabled) && [from, to].every((time) => typeof time === 'string' && TIME_OF_DAY.test(time))
}
