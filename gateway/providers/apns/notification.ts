import { cutTexts, wellFormed } from '../cut-text'
import type { Alert, MessageAlert } from '../provider'

/** What one push is to APNs, its path and credentials aside. */
export interface Notification {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Apple, "Generating a remote notification". */
const MAX_BODY_BYTES = 4096
const MAX_COLLAPSE_ID_BYTES = 64

/** Builds the push; a string says why there is none. @param now ms since 1970 */
export function toNotification(alert: Alert, topic: string, now: number): Notification | string {
  if (alert.expires <= now) return 'the push expired before it was sent'
  if (Buffer.byteLength(alert.collapseId) > MAX_COLLAPSE_ID_BYTES) return 'its collapse id is over 64 bytes'
  const body =
    alert.type === 'message'
      ? messageBody(alert)
      : bodyOf({ badge: alert.badge, 'content-available': 1 }, alert.payload)
  if (body.length > MAX_BODY_BYTES)
    return `its payload leaves no room for text: APNs takes ${MAX_BODY_BYTES} bytes`
  return { headers: headersOf(alert, topic), body }
}

/**
 * A clear is an alert with a badge and nothing to show, not a background push: a background push must not set the
 * badge, is held back after a few an hour, and does not reach an app that the user has thrown out of the switcher
 * (Apple, "Pushing background updates to your app"). `content-available` beside the badge still wakes the app where
 * the system allows it, so that it can clear its tray. The collapse id is that of the message: a push that APNs still
 * keeps for an offline device is replaced, and never rings.
 */
function headersOf(alert: Alert, topic: string): Record<string, string> {
  return {
    'apns-topic': topic,
    'apns-push-type': 'alert',
    'apns-id': alert.pushId,
    'apns-priority': alert.type === 'message' && alert.priority >= 3 ? '10' : '5',
    'apns-expiration': String(Math.ceil(alert.expires / 1000)),
    'apns-collapse-id': alert.collapseId,
  }
}

/** Apple, UNNotificationInterruptionLevel. `critical` needs an entitlement that Apple gives to few. */
function interruptionLevel(priority: number): string {
  if (priority <= 2) return 'passive'
  return priority >= 5 ? 'time-sensitive' : 'active'
}

function messageBody(alert: MessageAlert): Buffer {
  const build = (title: string, body: string) =>
    bodyOf(
      {
        alert: { title, body },
        badge: alert.badge,
        'thread-id': alert.thread,
        'interruption-level': interruptionLevel(alert.priority),
        ...(alert.sound && { sound: 'default' }),
      },
      alert.payload,
    )
  const [title, body] = [wellFormed(alert.title), wellFormed(alert.body)]
  const whole = build(title, body)
  if (whole.length <= MAX_BODY_BYTES) return whole
  const room = MAX_BODY_BYTES - build('', '').length
  const short = cutTexts(title, body, Math.max(room, 0))
  return build(short.title, short.body)
}

/** uni-app on iOS hands the client the value of the key `payload`, as text or parsed; uni-push sends text too. */
function bodyOf(aps: object, payload: string): Buffer {
  return Buffer.from(JSON.stringify({ aps, payload }))
}
