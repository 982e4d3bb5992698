import { at, isFields, strictly, textOf, type Fields } from './strict-fields'

/** A push as JPush understood it. */
export interface JpushMessage {
  readonly cid: string | undefined
  readonly platforms: readonly string[]
  /** `all`, or kinds of audience with their values: a device has to be of each. */
  readonly audience: 'all' | readonly { readonly kind: string; readonly values: readonly string[] }[]
  readonly android: Fields | undefined
  readonly ios: Fields | undefined
  readonly hmos: Fields | undefined
  readonly options: Fields
}

/** The push is refused, with JPush's own code. */
export class JpushFault extends Error {
  override readonly name = 'JpushFault'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const PLATFORMS = ['android', 'ios', 'hmos', 'quickapp', 'winphone']
const AUDIENCE_LIMITS: Readonly<Record<string, number>> = { registration_id: 1000, alias: 1000, tag: 20 }
const OPTIONS = [
  ...['sendno', 'time_to_live', 'override_msg_id', 'apns_production', 'apns_collapse_id'],
  ...['big_push_duration', 'third_party_channel', 'classification', 'test_message', 'test_model'],
]
const ANDROID = [
  ...['alert', 'title', 'builder_id', 'channel_id', 'category', 'priority', 'style', 'alert_type', 'extras'],
  ...['intent', 'uri_activity', 'uri_action', 'badge_add_num', 'badge_set_num', 'badge_class', 'sound'],
  ...['big_text', 'inbox', 'big_pic_path', 'large_icon', 'small_icon_uri', 'icon_bg_color', 'custom_buttons'],
  ...['show_begin_time', 'show_end_time', 'display_foreground'],
  // Where the vendor's own SDK for Python puts them; its documents put them into extras.
  ...['mipns_content_forshort', 'oppns_content_forshort', 'vpns_content_forshort', 'mzpns_content_forshort'],
]
const IOS = [
  ...['alert', 'sound', 'badge', 'content-available', 'mutable-content', 'category', 'extras', 'thread-id'],
  'interruption-level',
]
const HMOS = [
  ...['alert', 'title', 'intent', 'category', 'large_icon', 'badge_add_num', 'badge_set_num', 'test_message'],
  ...['receipt_id', 'extras', 'style', 'inbox', 'push_type', 'extra_data'],
]
const LEVELS = ['active', 'critical', 'passive', 'time-sensitive']
const MAX_ANDROID_BYTES = 4000
const MAX_IOS_BYTES = 2000
const MAX_NAME_BYTES = 40
const MAX_TTL_S = 3 * 24 * 3600

const TOO_LARGE = 1005
const WRONG = 1003
const MISSING = 1002

/** Checks a body of /v3/push: https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push. Throws JpushFault, Fault. */
export function readJpushMessage(body: Fields): JpushMessage {
  strictly.only(
    body,
    ['cid', 'platform', 'audience', 'notification', 'message', 'options', 'callback', 'inapp_message'],
    'body',
  )
  for (const name of ['platform', 'audience']) {
    if (body[name] === undefined) throw new JpushFault(MISSING, `${name} is missing`)
  }
  const notification = strictly.fields(body.notification ?? {}, 'notification')
  strictly.only(notification, ['alert', 'android', 'ios', 'hmos'], 'notification')
  if (body.notification === undefined && body.message === undefined) {
    throw new JpushFault(MISSING, 'neither notification nor message is there')
  }
  return {
    cid: body.cid === undefined ? undefined : strictly.text(body.cid, 'cid', 100),
    platforms: readPlatforms(body.platform),
    audience: readAudience(body.audience),
    android: readAndroid(withAlert(notification, 'android')),
    ios: readIos(withAlert(notification, 'ios')),
    hmos: notification.hmos === undefined ? undefined : readHmos(withAlert(notification, 'hmos')),
    options: readOptions(body.options),
  }
}

/** One platform's part; the alert above the platforms stands for those that have none of their own. */
function withAlert({ alert, ...parts }: Fields, platform: string): unknown {
  const part = parts[platform]
  if (alert === undefined) return part
  return {
    alert: strictly.text(alert, 'notification.alert', MAX_ANDROID_BYTES),
    ...(isFields(part) ? part : {}),
  }
}

function readPlatforms(platform: unknown): string[] {
  if (platform === 'all') return PLATFORMS
  const list = Array.isArray(platform) ? platform.map(String) : []
  if (list.length === 0 || !list.every((one) => PLATFORMS.includes(one))) {
    throw new JpushFault(WRONG, 'platform is wrong')
  }
  return list
}

function readAudience(audience: unknown): JpushMessage['audience'] {
  if (audience === 'all') return 'all'
  const read = strictly.fields(audience, 'audience')
  const kinds = Object.entries(read)
  if (kinds.length === 0) throw new JpushFault(WRONG, 'audience is empty')
  return kinds.map(([kind, values]) => readKind(kind, values))
}

function readKind(kind: string, values: unknown): { kind: string; values: string[] } {
  const limit = AUDIENCE_LIMITS[kind] ?? 0
  if (limit === 0) throw new JpushFault(WRONG, 'this fake knows registration_id, alias and tag')
  const list = Array.isArray(values) ? (values as unknown[]) : []
  if (list.length === 0 || list.length > limit) throw new JpushFault(WRONG, `${kind} is wrong`)
  const texts = list.map((one) => strictly.text(one, kind, 100))
  if (kind !== 'registration_id' && texts.some((one) => Buffer.byteLength(one) > MAX_NAME_BYTES)) {
    throw new JpushFault(WRONG, `${kind} has more than ${MAX_NAME_BYTES} bytes`)
  }
  return { kind, values: texts }
}

function sized(part: Fields, name: string, max: number): Fields {
  const bytes = Buffer.byteLength(JSON.stringify(part))
  if (bytes > max) throw new JpushFault(TOO_LARGE, `${name} has ${bytes} bytes, more than ${max}`)
  return part
}

function readAndroid(android: unknown): Fields | undefined {
  if (android === undefined) return undefined
  const read = strictly.fields(android, 'android')
  strictly.only(read, ANDROID, 'android')
  strictly.text(read.alert, 'android.alert', MAX_ANDROID_BYTES, 0)
  if (read.title !== undefined) strictly.text(read.title, 'android.title', 1000)
  if (read.priority !== undefined) strictly.integer(read.priority, 'android.priority', -2, 2)
  if (read.alert_type !== undefined) strictly.integer(read.alert_type, 'android.alert_type', -1, 7)
  if (read.badge_set_num !== undefined) strictly.integer(read.badge_set_num, 'android.badge_set_num', 0, 99)
  return sized(read, 'android', MAX_ANDROID_BYTES)
}

function readIos(ios: unknown): Fields | undefined {
  if (ios === undefined) return undefined
  const read = strictly.fields(ios, 'ios')
  strictly.only(read, IOS, 'ios')
  if (!isFields(read.alert)) strictly.text(read.alert, 'ios.alert', MAX_IOS_BYTES, 0)
  if (typeof read.badge === 'number') strictly.integer(read.badge, 'ios.badge', 0, 99)
  const level = read['interruption-level']
  if (level !== undefined && !LEVELS.includes(textOf(level))) {
    throw new JpushFault(WRONG, 'interruption-level is wrong')
  }
  return sized(read, 'ios', MAX_IOS_BYTES)
}

function readHmos(hmos: unknown): Fields {
  const read = strictly.fields(hmos, 'hmos')
  strictly.only(read, HMOS, 'hmos')
  strictly.text(read.alert, 'hmos.alert', 1000)
  // JPush takes it without these two; Huawei then drops it. A fake that let it pass would hide that.
  strictly.text(read.category, 'hmos.category', 50)
  strictly.text(at(read, 'intent', 'url'), 'hmos.intent.url', 1000)
  return read
}

function readOptions(options: unknown): Fields {
  const read = strictly.fields(options ?? {}, 'options')
  strictly.only(read, OPTIONS, 'options')
  if (read.time_to_live !== undefined) strictly.integer(read.time_to_live, 'time_to_live', 0, MAX_TTL_S)
  if (read.classification !== undefined) strictly.integer(read.classification, 'classification', 0, 1)
  const collapse = read.apns_collapse_id
  if (collapse !== undefined && Buffer.byteLength(strictly.text(collapse, 'apns_collapse_id', 64)) > 64) {
    throw new JpushFault(WRONG, 'apns_collapse_id has more than 64 bytes')
  }
  if (read.apns_production !== undefined && typeof read.apns_production !== 'boolean') {
    throw new JpushFault(WRONG, 'apns_production is no boolean')
  }
  if (read.third_party_channel !== undefined) strictly.fields(read.third_party_channel, 'third_party_channel')
  return read
}
