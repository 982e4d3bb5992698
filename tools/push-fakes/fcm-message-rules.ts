import type { FcmDevice } from './fcm-fake'
import { at, Fault, isFields, strictly, textOf, type Fields } from './strict-fields'

/** A message as it came, once it was found right. */
export interface FcmMessage {
  readonly token: string
  readonly data?: Readonly<Record<string, string>>
  readonly notification?: { readonly title?: string; readonly body?: string }
  readonly android?: {
    readonly ttl?: string
    readonly priority?: string
    readonly notification?: { readonly tag?: string; readonly notification_count?: number }
  }
}

/** Status, canonical code, code of FcmError, message. */
type Refusal = [number, string, string?, string?]

const MAX_BYTES = 4096
const MAX_TTL_S = 2_419_200
/** Words that FCM keeps to itself. */
const RESERVED = /^(?:from|message_type|notification)$|^(?:google|gcm)/
const ANDROID = [
  'collapse_key',
  'priority',
  'ttl',
  'restricted_package_name',
  'data',
  'notification',
  'direct_boot_ok',
]
const ANDROID_NOTIFICATION = [
  ...['title', 'body', 'icon', 'color', 'sound', 'tag', 'click_action', 'channel_id', 'ticker', 'sticky'],
  ...['event_time', 'local_only', 'notification_priority', 'default_sound', 'default_vibrate_timings'],
  ...[
    'default_light_settings',
    'vibrate_timings',
    'visibility',
    'notification_count',
    'light_settings',
    'image',
    'proxy',
  ],
]
const PRIORITIES = ['UNSPECIFIED', 'MIN', 'LOW', 'DEFAULT', 'HIGH', 'MAX'].map((one) => `PRIORITY_${one}`)

/** Reads the body of a request to send: Google, "REST Resource: projects.messages". */
export function refuseMessage(
  body: string,
  devices: ReadonlyMap<string, FcmDevice>,
): { refusal: Refusal } | { message: FcmMessage; validateOnly: boolean } {
  try {
    const request = strictly.json(body)
    strictly.only(request, ['message', 'validate_only'], 'request')
    const message = strictly.fields(request.message, 'message')
    checkMessage(message)
    const token = strictly.text(message.token, 'message.token', 4096)
    const refusal = refuseToken(devices.get(token), at(message, 'android', 'restricted_package_name'))
    if (refusal !== undefined) return { refusal }
    return { message: message as unknown as FcmMessage, validateOnly: request.validate_only === true }
  } catch (error) {
    if (error instanceof Fault) return { refusal: [400, 'INVALID_ARGUMENT', undefined, error.message] }
    throw error
  }
}

function refuseToken(device: FcmDevice | undefined, packageName: unknown): Refusal | undefined {
  if (device === undefined) {
    const words = 'The registration token is not a valid FCM registration token'
    return [400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', words]
  }
  if (device.otherSender === true) return [403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH']
  if (device.gone === true) return [404, 'NOT_FOUND', 'UNREGISTERED']
  const fits = packageName === undefined || packageName === device.packageName
  return fits ? undefined : [400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'Invalid package name']
}

function checkMessage(message: Fields): void {
  const parts = ['token', 'data', 'notification', 'android', 'apns', 'webpush', 'fcm_options']
  strictly.only(message, parts, 'message')
  strictly.oneOf(message, ['token', 'topic', 'condition'], 'message')
  const data = message.data === undefined ? {} : strictly.fields(message.data, 'message.data')
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string') throw new Fault(`Invalid value at 'message.data[${key}]' (TYPE_STRING)`)
    if (RESERVED.test(key)) throw new Fault(`Invalid data key: ${key}`)
  }
  if (message.notification !== undefined) {
    const notification = strictly.fields(message.notification, 'message.notification')
    strictly.only(notification, ['title', 'body', 'image'], 'message.notification')
    for (const name of ['title', 'body']) strictly.text(notification[name] ?? '', name, MAX_BYTES, 0)
  }
  strictly.bytes({ data, notification: message.notification }, 'Message too big: it', MAX_BYTES)
  if (message.android !== undefined) checkAndroid(strictly.fields(message.android, 'message.android'))
}

function checkAndroid(android: Fields): void {
  strictly.only(android, ANDROID, 'message.android')
  const [, ttl] = /^(\d+)(?:\.\d{1,9})?s$/.exec(textOf(android.ttl ?? '0s')) ?? []
  if (ttl === undefined || Number(ttl) > MAX_TTL_S) throw new Fault('Invalid TTL')
  // Google's own library writes it small.
  if (!['NORMAL', 'HIGH'].includes(textOf(android.priority ?? 'NORMAL').toUpperCase()))
    throw new Fault('Invalid priority')
  if (!isFields(android.notification)) return
  const { notification } = android
  strictly.only(notification, ANDROID_NOTIFICATION, 'message.android.notification')
  if (!PRIORITIES.includes(textOf(notification.notification_priority ?? 'PRIORITY_UNSPECIFIED'))) {
    throw new Fault('Invalid notification_priority')
  }
  strictly.integer(notification.notification_count ?? 0, 'notification_count', 0, 2 ** 31 - 1)
}
