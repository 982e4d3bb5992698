import { createHmac } from 'node:crypto'
import { fitPayload, UnfitPushError } from '../fit-payload'
import { cutToLength } from '../cut-text'
import { requestId } from '../getui/getui-request'
import type { Alert, ClearAlert, MessageAlert } from '../provider'
import { fillOptions } from '../vendor-options'
import type { UnicloudSettings } from './settings'

// https://doc.dcloud.net.cn/uniCloud/uni-cloud-push/api.html: "shorter than" each.
const MAX_TITLE = 19
const MAX_CONTENT = 49
const MAX_PAYLOAD = 799
const MAX_TTL_MS = 3 * 24 * 3_600_000
const GETUI_ONLY = 3

/**
 * The argument of `uniPush.sendMessage` for one device. Throws UnfitPushError.
 * @param now ms since 1970.
 */
export function sendMessageArgument(
  alert: Alert,
  cid: string,
  settings: UnicloudSettings,
  now: number,
): object {
  const ttl = Math.min(alert.expires - now, MAX_TTL_MS)
  if (ttl <= 0) throw new UnfitPushError('the push has expired')
  const payload = fitPayload(alert.payload, (text) => text.length <= MAX_PAYLOAD)
  if (payload === undefined) throw new UnfitPushError('the payload is too long for uni-push')
  return {
    push_clientid: cid,
    request_id: requestId(alert),
    // An object: phone makers' channels lose text (same page, "payload").
    payload: JSON.parse(payload) as unknown,
    ...(alert.type === 'message' ? messageParts(alert, settings, ttl) : clearParts(alert, ttl)),
  }
}

function messageParts(alert: MessageAlert, settings: UnicloudSettings, ttl: number): object {
  const title = cutToLength(alert.title || 'Herald', MAX_TITLE)
  const { vendorOptions, categories } = settings
  return {
    title,
    content: cutToLength(alert.body || title, MAX_CONTENT),
    // Without it a device that is connected shows nothing unless the app's JavaScript runs, which it may not.
    force_notification: true,
    badge: alert.badge,
    settings: { ttl: Math.floor(ttl) },
    ...(Object.keys(vendorOptions).length > 0 && { options: fillOptions(vendorOptions, alert) }),
    ...(categories !== undefined && { category: categories }),
  }
}

/** Tells the app, which cleans its tray. It goes by Getui alone: a phone maker's channel would show the texts. */
function clearParts({ badge }: ClearAlert, ttl: number): object {
  return {
    title: 'Herald',
    content: 'Herald',
    force_notification: false,
    badge,
    settings: { ttl: Math.floor(ttl), strategy: { default: GETUI_ONLY } },
  }
}

/**
 * The headers that prove a request to uniCloud's module uni-cloud-s2s:
 * https://doc.dcloud.net.cn/uniCloud/uni-cloud-s2s.html#sign-policy. Only the top-level primitives of the body are
 * signed: whatever is nested is not protected, so it has to travel as text.
 * @param now ms since 1970; the function refuses what is more than 60 s old.
 */
export function signedHeaders(
  fields: Readonly<Record<string, string | number | boolean>>,
  signKey: string,
  now: number,
): Record<string, string> {
  const content = Object.keys(fields)
    .sort()
    .map((name) => `${name}=${String(fields[name])}`)
    .join('&')
  const signature = createHmac('sha256', signKey).update(`${now}\n${content}`).digest('hex')
  return {
    'Unicloud-S2s-Timestamp': String(now),
    'Unicloud-S2s-Signature': `hmac-sha256 ${signature}`,
  }
}
