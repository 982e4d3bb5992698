import { parsePushPayload, type PushPayload } from '@herald/protocol'

/** Why a push cannot be put into a service's terms. */
export class UnfitPushError extends Error {
  override readonly name = 'UnfitPushError'
}

/**
 * A payload that passes `fits`, and still is a payload: first as it came, then without the texts, which the device
 * fetches, then with fewer ids, the newest kept, which come last. Undefined when nothing passes or it is no payload.
 */
export function fitPayload(text: string, fits: (text: string) => boolean): string | undefined {
  if (fits(text)) return text
  const payload = parsePushPayload(text)
  if (payload === undefined) return undefined
  if (payload.type === 'message') return firstThatFits([withoutTexts(payload)], fits)
  return firstThatFits(shorterLists(payload), fits)
}

/** The payload with no more than what names its message: for places that have room for little. */
export function barePayload(text: string): string {
  const payload = parsePushPayload(text)
  return payload?.type === 'message' ? JSON.stringify(withoutTexts(payload)) : text
}

function withoutTexts(payload: Extract<PushPayload, { type: 'message' }>): PushPayload {
  const { title: _title, body: _body, ...bare } = payload
  return bare
}

function* shorterLists(payload: Exclude<PushPayload, { type: 'message' }>): Generator<PushPayload> {
  for (let dropped = 1; dropped <= payload.ids.length; dropped += 1) {
    yield { ...payload, ids: payload.ids.slice(dropped) }
  }
}

function firstThatFits(payloads: Iterable<PushPayload>, fits: (text: string) => boolean): string | undefined {
  for (const payload of payloads) {
    const text = JSON.stringify(payload)
    if (fits(text)) return text
  }
  return undefined
}
