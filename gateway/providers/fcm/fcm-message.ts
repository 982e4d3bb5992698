import { cutTexts, wellFormed } from '../cut-text'
import type { Alert, MessageAlert } from '../provider'

/** Google, "About FCM messages": notification and data together. */
const MAX_BYTES = 4096
/** Four weeks. */
const MAX_TTL_S = 2_419_200

const NOTIFICATION_PRIORITY = ['MIN', 'LOW', 'DEFAULT', 'HIGH', 'MAX'] as const

/** Builds the `message` of a request; a string says why there is none. @param now ms since 1970 */
export function toFcmMessage(alert: Alert, token: string, packageName: string, now: number): object | string {
  if (alert.expires <= now) return 'the push expired before it was sent'
  const ttl = Math.min(Math.ceil((alert.expires - now) / 1000), MAX_TTL_S)
  const data = { payload: alert.payload }
  const android = { ttl: `${ttl}s`, restricted_package_name: packageName }
  // Nothing in FCM takes a notification back, so the app gets the data and does it.
  if (alert.type === 'clear') {
    return sizeOf({ data }) > MAX_BYTES
      ? tooLarge
      : { token, data, android: { ...android, priority: 'NORMAL' } }
  }
  const notification = cutNotification(alert, data)
  if (notification === undefined) return tooLarge
  return {
    token,
    data,
    notification,
    android: {
      ...android,
      priority: alert.priority >= 3 ? 'HIGH' : 'NORMAL',
      notification: {
        // The same tag replaces in the tray. There is no collapse_key, which notification messages ignore.
        tag: alert.collapseId,
        notification_count: alert.badge,
        notification_priority: `PRIORITY_${NOTIFICATION_PRIORITY[alert.priority - 1] ?? 'DEFAULT'}`,
        default_sound: alert.sound,
      },
    },
  }
}

const tooLarge = `its payload leaves no room for text: FCM takes ${MAX_BYTES} bytes`
const sizeOf = (value: object): number => Buffer.byteLength(JSON.stringify(value))

function cutNotification(alert: MessageAlert, data: object): { title: string; body: string } | undefined {
  const whole = { title: wellFormed(alert.title), body: wellFormed(alert.body) }
  const room = MAX_BYTES - sizeOf({ data, notification: { title: '', body: '' } })
  if (room < 0) return undefined
  return cutTexts(whole.title, whole.body, room)
}
