import { parsePushPayload } from '@herald/protocol'
import { parseTarget } from '../click-inbox'
import type { Alert, ClickTarget } from '../presentation'

/** Marks what this app wrote. `local` tells our own notifications from those that a push provider brought. */
export interface PushPayload {
  readonly target: ClickTarget
  readonly local: boolean
}

/** A payload as text: older versions lost an object on its way through Android (segmentfault.com/a/1190000041646392). */
export function writePayload(alert: Alert): string {
  const target: ClickTarget =
    alert.kind === 'summary' ? { inbox: true } : { messageId: alert.message.id, feed: alert.message.feed }
  return JSON.stringify({ herald: 1, local: true, ...target })
}

/**
 * What a push carries. Of a silent one iOS hands over everything beside `aps` (PGPush.m), so that what is meant lies one
 * level deeper.
 */
export function unwrap(payload: unknown): unknown {
  const value = typeof payload === 'string' ? parseJson(payload) : payload
  const isWrapped = typeof value === 'object' && value !== null && !('herald' in value) && 'payload' in value
  return isWrapped ? value.payload : value
}

/** Reads a payload, text or object: iOS gives back an object. Null when it is not Herald's. */
export function readPayload(payload: unknown): PushPayload | null {
  const unwrapped = unwrap(payload)
  const value = typeof unwrapped === 'string' ? parseJson(unwrapped) : unwrapped
  if (typeof value !== 'object' || value === null || !('herald' in value) || value.herald !== 1) return null
  const target = parseTarget(value)
  return target && { target, local: 'local' in value && value.local === true }
}

/** What a notification in the tray opens, whether this app or a push service put it there; null when neither did. */
export function targetOf(payload: unknown): ClickTarget | null {
  const own = readPayload(payload)
  if (own) return own.target
  const push = parsePushPayload(unwrap(payload))
  if (push?.type === 'message') return { messageId: push.id, feed: push.feed }
  return push?.type === 'summary' ? { inbox: true } : null
}

/**
 * Whether a `receive` event is only the echo of our own notification: iOS fires it for local messages too
 * (dcloudio/uni-app#1074), so a listener that notifies would never end.
 */
export function isLocalEcho(event: { payload?: unknown }): boolean {
  return readPayload(event.payload)?.local === true
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Another sender's payload may be any text.
    return null
  }
}
