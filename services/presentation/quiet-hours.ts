import { isQuietMinute } from '@herald/protocol'
import type { AlertSettings } from './presentation'

/** Whether quiet hours are on and hold at a moment, on this device's own clock. */
export function isQuiet(quietHours: AlertSettings['quietHours'], now: Date): boolean {
  return quietHours.enabled && isQuietMinute(quietHours, now.getHours() * 60 + now.getMinutes())
}
