import { strictly, type Fields } from './strict-fields'

/** A push as Getui understood it. */
export interface GetuiMessage {
  readonly requestId: string
  readonly cid: string
  readonly ttl: number
  readonly strategy: Fields
  readonly message: { readonly kind: string; readonly value: unknown }
  readonly ups: Fields | undefined
  readonly ios: Fields | undefined
  readonly harmony: Fields | undefined
}

const MAX_TTL_MS = 3 * 24 * 3_600_000
const DEFAULT_TTL_MS = 2 * 3_600_000
const MAX_NOTIFY_ID = 2 ** 31 - 1
const MAX_APNS_BYTES = 4096
const CLICKS = ['intent', 'url', 'payload', 'payload_custom', 'startapp', 'none']

/** Checks the body of /push/single/cid by https://docs.getui.com/getui/server/rest_v2/common_args/. Throws Fault. */
export function readGetuiMessage(body: Fields): GetuiMessage {
  strictly.only(
    body,
    ['request_id', 'group_name', 'audience', 'settings', 'push_message', 'push_channel'],
    'body',
  )
  const requestId = strictly.text(body.request_id, 'request_id', 32, 10)
  const settings = strictly.fields(body.settings ?? {}, 'settings')
  strictly.only(settings, ['ttl', 'strategy', 'speed', 'schedule_time'], 'settings')
  const channel = strictly.fields(body.push_channel ?? {}, 'push_channel')
  strictly.only(channel, ['android', 'ios', 'harmony', 'mp'], 'push_channel')
  return {
    requestId,
    cid: readCid(body.audience),
    ttl: strictly.integer(settings.ttl ?? DEFAULT_TTL_MS, 'settings.ttl', -1, MAX_TTL_MS),
    strategy: readStrategy(settings.strategy),
    message: readMessage(body.push_message),
    ups: channel.android === undefined ? undefined : readUps(channel.android),
    ios: channel.ios === undefined ? undefined : readIos(channel.ios),
    harmony: channel.harmony === undefined ? undefined : readHarmony(channel.harmony),
  }
}

function readCid(audience: unknown): string {
  const { cid } = strictly.fields(audience, 'audience')
  const [one] = Array.isArray(cid) && cid.length === 1 ? (cid as unknown[]) : []
  return strictly.text(one, 'audience.cid, an array of one,', 64)
}

function readStrategy(strategy: unknown = { default: 1 }): Fields {
  const read = strictly.fields(strategy, 'settings.strategy')
  strictly.only(
    read,
    // As the vendor's SDK for Java has them (restful-sdk 1.0.6.0, Strategy), and the documents.
    ['default', 'ios', 'st', 'hw', 'ho', 'xm', 'xmg', 'vv', 'mz', 'op', 'opg', 'hos', 'hoshw', 'hx', 'hwq'],
    'settings.strategy',
  )
  for (const [name, value] of Object.entries(read)) strictly.integer(value, `strategy.${name}`, 1, 4)
  return read
}

function readMessage(message: unknown): GetuiMessage['message'] {
  const read = strictly.fields(message, 'push_message')
  const kind = strictly.oneOf(read, ['notification', 'transmission', 'revoke'], 'push_message')
  if (kind === 'transmission') strictly.text(read.transmission, 'transmission', 3072)
  if (kind === 'notification') readNotification(read.notification, 'push_message.notification')
  if (kind === 'revoke') readRevoke(read.revoke)
  return { kind, value: read[kind] }
}

function readRevoke(revoke: unknown): void {
  strictly.text(strictly.fields(revoke, 'revoke').old_task_id, 'revoke.old_task_id', 100)
}

function readNotification(notification: unknown, name: string): void {
  const read = strictly.fields(notification, name)
  strictly.text(read.title, `${name}.title`, 50)
  strictly.text(read.body, `${name}.body`, 256)
  const click = strictly.text(read.click_type, `${name}.click_type`, 20)
  if (!CLICKS.includes(click)) strictly.text(undefined, `${name}.click_type of a known kind`, 0)
  if (click === 'intent') strictly.text(read.intent, `${name}.intent`, 4096)
  if (click === 'url') strictly.text(read.url, `${name}.url`, 1024)
  if (click === 'payload') strictly.text(read.payload, `${name}.payload`, 3072)
  readNotifyId(read.notify_id, name)
}

/** The documents say a number; the vendor's own SDK has text. */
function readNotifyId(given: unknown, name: string): void {
  if (given === undefined) return
  const id = typeof given === 'string' && /^\d{1,10}$/.test(given) ? Number(given) : given
  strictly.integer(id, `${name}.notify_id`, 0, MAX_NOTIFY_ID)
}

function readUps(android: unknown): Fields {
  const ups = strictly.fields(strictly.fields(android, 'push_channel.android').ups, 'android.ups')
  strictly.only(ups, ['notification', 'transmission', 'revoke', 'options'], 'android.ups')
  const kind = strictly.oneOf(ups, ['notification', 'transmission', 'revoke'], 'android.ups')
  if (kind === 'notification') readNotification(ups.notification, 'ups.notification')
  if (kind === 'revoke') readRevoke(ups.revoke)
  const options = strictly.fields(ups.options ?? {}, 'ups.options')
  for (const [maker, option] of Object.entries(options)) strictly.fields(option, `ups.options.${maker}`)
  return ups
}

function readIos(ios: unknown): Fields {
  const read = strictly.fields(ios, 'push_channel.ios')
  strictly.only(
    read,
    ['type', 'aps', 'auto_badge', 'payload', 'multimedia', 'apns-collapse-id'],
    'push_channel.ios',
  )
  if (read.type !== 'notify' && read.type !== 'voip') strictly.text(undefined, 'ios.type notify or voip', 0)
  const aps = strictly.fields(read.aps ?? {}, 'ios.aps')
  strictly.only(aps, ['alert', 'content-available', 'sound', 'category', 'thread-id'], 'ios.aps')
  if (aps['content-available'] !== 1) {
    const alert = strictly.fields(aps.alert, 'ios.aps.alert')
    strictly.text(alert.title, 'ios.aps.alert.title', 1000)
    strictly.text(alert.body, 'ios.aps.alert.body', 4000)
  }
  if (read.auto_badge !== undefined) strictly.text(read.auto_badge, 'ios.auto_badge', 10)
  if (read.payload !== undefined) strictly.text(read.payload, 'ios.payload', 3072)
  if (read['apns-collapse-id'] !== undefined) {
    strictly.text(read['apns-collapse-id'], 'ios.apns-collapse-id', 64)
  }
  strictly.bytes({ aps, payload: read.payload }, 'the push to APNs', MAX_APNS_BYTES)
  return read
}

function readHarmony(harmony: unknown): Fields {
  const read = strictly.fields(harmony, 'push_channel.harmony')
  strictly.only(read, ['notification', 'transmission', 'custom', 'revoke', 'options'], 'push_channel.harmony')
  const kind = strictly.oneOf(
    read,
    ['notification', 'transmission', 'custom', 'revoke'],
    'push_channel.harmony',
  )
  if (kind === 'notification') {
    const notification = strictly.fields(read.notification, 'harmony.notification')
    strictly.text(notification.title, 'harmony.notification.title', 50)
    strictly.text(notification.body, 'harmony.notification.body', 256)
    strictly.text(notification.category, 'harmony.notification.category', 50)
    const click = strictly.text(notification.click_type, 'harmony.notification.click_type', 20)
    if (click === 'payload') strictly.text(notification.payload, 'harmony.notification.payload', 3072)
    if (click === 'want') strictly.text(notification.want, 'harmony.notification.want', 3072)
    readNotifyId(notification.notify_id, 'harmony.notification')
  }
  if (kind === 'revoke') readRevoke(read.revoke)
  return read
}
