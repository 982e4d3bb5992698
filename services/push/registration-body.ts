import type { Device, DeviceBody, PushRegistration } from '@herald/protocol'
import type { Settings } from '../storage/settings'

/** What the gateway is told of this device. */
export function registrationBody(
  { platform, app, locale, timeZone }: Device,
  settings: Settings,
  push: readonly PushRegistration[],
): DeviceBody {
  const { notifications, preview, sound, language, quietHours } = settings
  const spoken = language === 'auto' ? locale : language
  return {
    platform,
    ...(app !== undefined && { app }),
    ...(spoken !== undefined && { locale: spoken }),
    ...(timeZone !== undefined && { timeZone }),
    notifications,
    preview,
    sound,
    ...(quietHours.enabled && { quietHours: { from: quietHours.from, to: quietHours.to } }),
    push: [...push],
  }
}
