import { createHash } from 'node:crypto'
import { barePayload, fitPayload, UnfitPushError } from '../fit-payload'
import type { Alert, ClearAlert, MessageAlert } from '../provider'
import { cutToLength } from '../cut-text'
import { fillOptions } from '../vendor-options'
import type { GetuiSettings } from './settings'

// https://docs.getui.com/getui/server/rest_v2/common_args/ counts characters, as Java's String does.
const MAX_TITLE = 50
const MAX_BODY = 256
const MAX_TRANSMISSION = 3072
/** APNs takes 4096 bytes; this leaves room for the texts in any script. */
const MAX_IOS_PAYLOAD_BYTES = 2048
/** The least of the phone makers' limits (Meizu 1000 bytes; vivo 1024 characters). */
const MAX_INTENT = 1000
const MAX_TTL_MS = 3 * 24 * 3_600_000
const ANY_ONLINE_ELSE_VENDOR = 1
const VENDOR_THEN_GETUI = 4
/** Getui's name for "no sound" on iOS. */
const SILENCE = 'com.gexin.ios.silence'

/**
 * The body of `POST /push/single/cid`. Throws UnfitPushError.
 * @param now ms since 1970.
 */
export function pushBody(alert: Alert, cid: string, settings: GetuiSettings, now: number): object {
  const ttl = Math.min(alert.expires - now, MAX_TTL_MS)
  if (ttl <= 0) throw new UnfitPushError('the push has expired')
  return {
    request_id: requestId(alert),
    audience: { cid: [cid] },
    settings: {
      ttl: Math.floor(ttl),
      // The vendor advises against strategy 1 for iOS: what it hands to an app that is being frozen is not shown.
      strategy: { default: ANY_ONLINE_ELSE_VENDOR, ios: VENDOR_THEN_GETUI },
    },
    ...(alert.type === 'message' ? messageParts(alert, settings) : clearParts(alert, settings)),
  }
}

/**
 * 10-32 characters, the same for the same push: a repeat under an id that was taken is dropped. A clear has the id of
 * the push that it takes back, and must not be dropped for that.
 */
export function requestId({ type, pushId }: Pick<Alert, 'type' | 'pushId'>): string {
  if (type === 'message') return pushId.replaceAll('-', '').slice(0, 32)
  return createHash('sha256').update(`clear ${pushId}`).digest('hex').slice(0, 32)
}

/** A number that stands for the message, 0 to 2^31-1: equal ones replace each other in Android's tray. */
export const notifyId = (collapseId: string): number =>
  createHash('sha256').update(collapseId).digest().readUInt32BE() & 0x7f_ff_ff_ff

function messageParts(alert: MessageAlert, settings: GetuiSettings): object {
  // A notification without a body is refused, so the title stands in its place too.
  const title = cutToLength(alert.title || 'Herald', MAX_TITLE)
  const content = cutToLength(alert.body || title, MAX_BODY)
  const transmission = (payload: string) => JSON.stringify({ title, content, payload })
  const payload = fitPayload(alert.payload, (text) => transmission(text).length <= MAX_TRANSMISSION)
  if (payload === undefined) throw new UnfitPushError('the payload is too long for Getui')
  return {
    // Exactly these three keys: uni-push then shows a notification by itself, even when the app's JavaScript is
    // frozen (https://uniapp.dcloud.net.cn/unipush-v1.html).
    push_message: { transmission: transmission(payload) },
    push_channel: {
      android: { ups: androidParts(alert, title, content, settings) },
      ios: iosParts(alert, title, content),
      ...harmonyParts(alert, title, content, settings),
    },
  }
}

function androidParts(alert: MessageAlert, title: string, content: string, settings: GetuiSettings): object {
  const { androidPackage, vendorOptions } = settings
  const click =
    androidPackage === undefined
      ? { click_type: 'startapp' }
      : { click_type: 'intent', intent: clickIntent(androidPackage, title, content, alert.payload) }
  return {
    notification: { title, body: content, ...click, notify_id: notifyId(alert.collapseId) },
    ...(Object.keys(vendorOptions).length > 0 && { options: fillOptions(vendorOptions, alert) }),
  }
}

/** What uni-push's own activity opens the app with. Values are decoded by Android's Intent.parseUri. */
function clickIntent(androidPackage: string, title: string, content: string, payload: string): string {
  const head =
    'intent://io.dcloud.unipush/?#Intent;scheme=unipush;launchFlags=0x4000000;' +
    `component=${androidPackage}/io.dcloud.PandoraEntry;S.UP-OL-SU=true;`
  const intent = (texts: number): string =>
    `${head}S.title=${encode(cutToLength(title, texts))};S.content=${encode(cutToLength(content, texts))};` +
    `S.payload=${encode(barePayload(payload))};end`
  // The texts only come back with the click; the notification has its own.
  const lengths = [MAX_TITLE, 20, 10, 1]
  return lengths.map(intent).find(({ length }) => length <= MAX_INTENT) ?? intent(1)
}

const encode = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27')

function iosParts(alert: MessageAlert, title: string, content: string): object {
  const payload = fitPayload(alert.payload, (text) => Buffer.byteLength(text) <= MAX_IOS_PAYLOAD_BYTES)
  return {
    type: 'notify',
    aps: {
      alert: { title, body: content },
      'content-available': 0,
      sound: alert.sound ? 'default' : SILENCE,
      'thread-id': alert.thread,
    },
    auto_badge: String(alert.badge),
    'apns-collapse-id': alert.collapseId,
    ...(payload !== undefined && { payload }),
  }
}

function harmonyParts(
  alert: MessageAlert,
  title: string,
  content: string,
  { harmonyCategory }: GetuiSettings,
): object {
  if (harmonyCategory === undefined) return {}
  const payload = fitPayload(alert.payload, (text) => text.length <= MAX_TRANSMISSION)
  // What a tap opens the app with. `notify_id` replaces, and Huawei recalls nothing that was sent without it
  // (com.getui.push:restful-sdk 1.0.6.0, HarmonyNotification).
  const click = payload === undefined ? { click_type: 'startapp' } : { click_type: 'payload', payload }
  const id = notifyId(alert.collapseId)
  return {
    harmony: {
      notification: { title, body: content, category: harmonyCategory, ...click, notify_id: id },
      // The older way to say the same (docs.getui.com, "rest_v2/advanced"): which one is heeded was never tried.
      options: { HW: { '/payload/notification/notifyId': id } },
    },
  }
}

/**
 * Takes a notification back: the app is told, which cleans its tray; the makers that can recall (Xiaomi, vivo, Huawei
 * for HarmonyOS) do; and iOS gets the new badge in silence. https://docs.getui.com/getui/scene/recall
 */
function clearParts(alert: ClearAlert, { harmonyCategory }: GetuiSettings): object {
  const payload = fitPayload(alert.payload, (text) => Buffer.byteLength(text) <= MAX_IOS_PAYLOAD_BYTES)
  if (payload === undefined) throw new UnfitPushError('the payload is too long for Getui')
  const revoke = { old_task_id: alert.ref }
  const recall = {
    android: { ups: { revoke } },
    ...(harmonyCategory !== undefined && { harmony: { revoke } }),
  }
  return {
    push_message: { transmission: payload },
    push_channel: {
      ...(alert.ref !== undefined && recall),
      ios: {
        type: 'notify',
        aps: { 'content-available': 1 },
        auto_badge: String(alert.badge),
        payload,
      },
    },
  }
}
