import type { ApnsKey } from './apns-provider-tokens'

/** A device as APNs knows it, for one app. */
export interface ApnsDevice {
  /** Lower-case hex. */
  readonly token: string
  readonly environment: 'production' | 'sandbox'
  /** Bundle id of the app that the token is for. */
  readonly topic: string
  /** Since when the token is dead, ms; absent: alive. */
  readonly goneSince?: number
  readonly goneReason?: 'Unregistered' | 'ExpiredToken'
  /** An offline device gets only the last push of the time, when it comes back. */
  readonly offline?: boolean
}

/** An answer of the service: 200 without a reason, or a refusal. */
export interface ApnsAnswer {
  readonly status: number
  readonly reason?: string
  /** ms since 1970; with 410 only. */
  readonly timestamp?: number
}

/** A request as it came. */
export interface ApnsRequest {
  readonly method: string
  readonly path: string
  /** Names and values in turn, repeats included. */
  readonly rawHeaders: readonly string[]
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

const NOTHING_REFUSED = undefined
const refuse = (status: number, reason: string): ApnsAnswer => ({ status, reason })

/** Suffix that a topic has for a push type; alert and background have none. */
const TOPIC_SUFFIX: Readonly<Record<string, string>> = {
  alert: '',
  background: '',
  voip: '.voip',
  complication: '.complication',
  fileprovider: '.pushkit.fileprovider',
  liveactivity: '.push-type.liveactivity',
  pushtotalk: '.voip-ptt',
  location: '.location-query',
  widgets: '.push-type.widgets',
  controls: '.push-type.controls',
}
/** Apple writes it small; others' clients hand on what they are given, and are taken. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MAX_BODY_BYTES = 4096
const MAX_VOIP_BODY_BYTES = 5120
const MAX_COLLAPSE_ID_BYTES = 64

/** The token in a path; undefined when the path is none of the service's. */
export function tokenOf(path: string): string | undefined {
  return /^\/3\/device\/([^/?]*)$/.exec(path)?.[1]
}

/** Why method, path or headers are refused: Apple, "Sending notification requests to APNs". */
export function refuseHeaders({ method, path, headers, rawHeaders }: ApnsRequest): ApnsAnswer | undefined {
  if (method !== 'POST') return refuse(405, 'MethodNotAllowed')
  const token = tokenOf(path)
  if (token === undefined) return refuse(404, 'BadPath')
  if (token === '') return refuse(400, 'MissingDeviceToken')
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  if (new Set(names).size < names.length) return refuse(400, 'DuplicateHeaders')
  const id = headers['apns-id']
  if (id !== undefined && !UUID.test(id)) return refuse(400, 'BadMessageId')
  const expiration = headers['apns-expiration']
  if (expiration !== undefined && !/^\d{1,10}$/.test(expiration)) return refuse(400, 'BadExpirationDate')
  const priority = headers['apns-priority'] ?? '10'
  if (!['10', '5', '1'].includes(priority)) return refuse(400, 'BadPriority')
  const collapseId = headers['apns-collapse-id'] ?? ''
  if (Buffer.byteLength(collapseId, 'latin1') > MAX_COLLAPSE_ID_BYTES) return refuse(400, 'BadCollapseId')
  // Apple demands it for watchOS alone, and node-apn and aioapns leave it out by default.
  const pushType = headers['apns-push-type'] ?? 'alert'
  if (!Object.hasOwn(TOPIC_SUFFIX, pushType)) return refuse(400, 'InvalidPushType')
  if (pushType === 'background' && priority !== '5') return refuse(400, 'BadPriority')
  return headers['apns-topic'] ? NOTHING_REFUSED : refuse(400, 'MissingTopic')
}

/** Why the topic or the token is refused. */
export function refuseTarget(
  { path, headers }: ApnsRequest,
  environment: string,
  key: ApnsKey,
  devices: ReadonlyMap<string, ApnsDevice>,
): ApnsAnswer | undefined {
  const topic = headers['apns-topic'] ?? ''
  const suffix = TOPIC_SUFFIX[headers['apns-push-type'] ?? 'alert'] ?? ''
  const known = Object.values(TOPIC_SUFFIX).find((one) => one !== '' && topic.endsWith(one)) ?? ''
  if (known !== suffix) return refuse(400, 'BadTopic')
  const app = topic.slice(0, topic.length - suffix.length)
  if (key.topics?.includes(app) === false) return refuse(400, 'TopicDisallowed')
  const token = tokenOf(path) ?? ''
  const device = devices.get(token.toLowerCase())
  const isToken = /^(?:[0-9a-f]{2}){32,}$/i.test(token)
  // A token of the other gate is as unknown here as an invented one.
  if (!isToken || device?.environment !== environment) return refuse(400, 'BadDeviceToken')
  if (device.topic !== app) return refuse(400, 'DeviceTokenNotForTopic')
  if (device.goneSince === undefined) return NOTHING_REFUSED
  return { status: 410, reason: device.goneReason ?? 'Unregistered', timestamp: device.goneSince }
}

/**
 * Why the body is refused. APNs says little of bodies that do not fit their push type, and lets many through without
 * showing them: refusing them as InvalidPushType is this fake's doing, so that tests see it.
 */
export function refuseBody({ body, headers }: ApnsRequest): ApnsAnswer | undefined {
  const pushType = headers['apns-push-type'] ?? ''
  if (body.length === 0) return refuse(400, 'PayloadEmpty')
  const max = pushType === 'voip' ? MAX_VOIP_BODY_BYTES : MAX_BODY_BYTES
  if (body.length > max) return refuse(413, 'PayloadTooLarge')
  const aps = readAps(body)
  if (aps === undefined) return refuse(400, 'PayloadEmpty')
  const rings = 'alert' in aps || 'badge' in aps || 'sound' in aps
  if (pushType === 'alert' && !rings) return refuse(400, 'InvalidPushType')
  const wakes = aps['content-available'] === 1
  if (pushType === 'background' && (rings || !wakes)) return refuse(400, 'InvalidPushType')
  return NOTHING_REFUSED
}

function readAps(body: Buffer): Record<string, unknown> | undefined {
  try {
    const payload: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (typeof payload !== 'object' || payload === null || !('aps' in payload)) return undefined
    const { aps } = payload
    return typeof aps === 'object' && aps !== null ? { ...aps } : undefined
  } catch {
    return undefined // neither UTF-8 nor JSON
  }
}
