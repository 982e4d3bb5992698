import { cutTexts, cutToLength, wellFormed } from '../cut-text'
import { fitPayload, UnfitPushError } from '../fit-payload'
import type { MessageAlert, PushTarget } from '../provider'
import type { JpushAudience } from './jpush-audience'
import { fillOptions } from '../vendor-options'
import type { JpushSettings } from './settings'

const MAX_TTL_S = 3 * 24 * 3600
/** docs.jiguang.cn, "push limits": notification and message together, in bytes. */
const MAX_ANDROID_BYTES = 4000
const MAX_BADGE = 99
/** Bytes of both texts that are tried until the push fits. */
const TEXT_BYTES = [1000, 700, 400, 200, 80]
/** Opens the app's first page; without an intent a click may do nothing (SDK 4.2.2 and newer). */
const HOME_INTENT = 'intent:#Intent;action=android.intent.action.MAIN;end'

/**
 * The app's first page on HarmonyOS. Huawei demands it and JPush does not look: without it a push is accepted and
 * nothing is shown (jpush/jiguang-sdk-java, NotificationMessage.HMOS.intent).
 */
const HOME_ON_HARMONY = 'action.system.home'

/** Longest texts that the makers' channels take: beyond, they refuse the push. vivo counts a Chinese character twice. */
const SHORT_TEXTS = {
  mipns_content_forshort: 128,
  oppns_content_forshort: 200,
  vpns_content_forshort: 50,
  mzpns_content_forshort: 100,
} as const

/**
 * The body of `POST /v3/push`: https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push. Throws UnfitPushError.
 * @param now ms since 1970.
 */
export function pushBody(
  target: PushTarget,
  audience: JpushAudience,
  alert: MessageAlert,
  settings: JpushSettings,
  now: number,
): object {
  const ttl = Math.floor(Math.min((alert.expires - now) / 1000, MAX_TTL_S))
  if (ttl < 1) throw new UnfitPushError('the push has expired')
  return {
    ...(alert.handle !== undefined && alert.handle !== NO_CID && { cid: alert.handle }),
    platform: ['android', 'ios', ...(settings.harmonyCategory === undefined ? [] : ['hmos'])],
    audience,
    notification: notification(alert, settings),
    options: {
      time_to_live: ttl,
      // Without it JPush means production, and its own SDKs the opposite.
      apns_production: target.environment === 'production',
      apns_collapse_id: alert.collapseId,
      classification: settings.classification,
      ...(Object.keys(settings.vendorOptions).length > 0 && {
        third_party_channel: fillOptions(settings.vendorOptions, alert),
      }),
    },
  }
}

/** What `prepare` answers when JPush refuses us: the push then goes without, and is refused in the same words. */
export const NO_CID = 'none'

/** The text is cut until every platform's part fits; the payload stays whole, or names its message only. */
function notification(alert: MessageAlert, settings: JpushSettings): object {
  const whole = wellFormed(alert.title || 'Herald')
  for (const max of TEXT_BYTES) {
    // A notification without a text is not shown, so the title stands in its place too.
    const { title, body: text } = cutTexts(whole, wellFormed(alert.body || whole), max)
    const parts = (payload: string) => platformParts(alert, settings, { title, text, payload })
    const payload = fitPayload(alert.payload, (one) => fits(parts(one), settings))
    if (payload !== undefined) return parts(payload)
  }
  throw new UnfitPushError('the payload is too long for JPush')
}

interface Parts {
  readonly android: object
  readonly ios: object
  readonly hmos?: object
}

function fits({ android, ios }: Parts, { iosBytes }: JpushSettings): boolean {
  const bytes = (part: object) => Buffer.byteLength(JSON.stringify(part))
  return bytes(android) <= MAX_ANDROID_BYTES && bytes(ios) <= iosBytes
}

function platformParts(
  alert: MessageAlert,
  { androidChannel, badgeClass, harmonyCategory }: JpushSettings,
  { title, text, payload }: { title: string; text: string; payload: string },
): Parts {
  const badge = Math.min(alert.badge, MAX_BADGE)
  const android = {
    alert: text,
    title,
    priority: alert.priority - 3,
    alert_type: alert.sound ? -1 : 0,
    intent: { url: HOME_INTENT },
    ...(androidChannel !== undefined && { channel_id: androidChannel }),
    ...(badgeClass !== undefined && { badge_set_num: badge, badge_class: badgeClass }),
    extras: { payload, ...shortTexts(text) },
  }
  const ios = {
    alert: { title, body: text },
    ...(alert.sound && { sound: 'default' }),
    badge,
    'thread-id': alert.thread,
    'interruption-level': interruptionLevel(alert.priority),
    extras: { payload },
  }
  if (harmonyCategory === undefined) return { android, ios }
  const hmos = {
    ...{ alert: text, title, category: harmonyCategory, badge_set_num: badge, extras: { payload } },
    intent: { url: HOME_ON_HARMONY },
  }
  return { android, ios, hmos }
}

function interruptionLevel(priority: number): string {
  if (priority >= 5) return 'time-sensitive'
  return priority <= 2 ? 'passive' : 'active'
}

function shortTexts(text: string): Record<string, string> {
  const tooLong = Object.entries(SHORT_TEXTS).filter(([, max]) => text.length > max)
  return Object.fromEntries(tooLong.map(([name, max]) => [name, cutToLength(text, max)]))
}
