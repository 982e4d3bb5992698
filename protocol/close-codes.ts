/**
 * Why the gateway closes a socket. 4000-4499: the client reconnects with backoff. 4500-4999: it stops, because
 * the same hello would fail the same way. A client obeys the range for codes that it does not know.
 * Reasons on the wire are the names below: ASCII, far under the 123 bytes of RFC 6455 §5.5.
 */
export const closeCodes = {
  going_away: {
    code: 4000,
    meaning: 'The gateway is shutting down. The reason may name a time to spread the return over.',
  },
  idle: { code: 4001, meaning: 'No frame came for two heartbeats.' },
  slow_reader: {
    code: 4002,
    meaning: 'The client does not read as fast as messages come; the log heals it.',
  },
  rate_limited: { code: 4003, meaning: 'Too many frames.' },
  hello_timeout: { code: 4004, meaning: 'No hello came in time.' },
  storage_unavailable: { code: 4005, meaning: 'The store cannot be read or written now.' },
  internal: { code: 4006, meaning: 'A fault of the gateway; it is in its log.' },
  feeds_changed: { code: 4007, meaning: 'The log was restored or renewed; say hello again.' },
  bad_frame: { code: 4500, meaning: 'The frame is not JSON, not text, or not of its shape.' },
  unknown_frame: { code: 4501, meaning: 'The gateway does not know a frame of this type.' },
  frame_too_large: { code: 4502, meaning: 'The frame is larger than 16 KB.' },
  unexpected_hello: { code: 4503, meaning: 'A second hello on one socket.' },
  hello_expected: { code: 4504, meaning: 'The first frame was not hello.' },
  token_invalid: { code: 4510, meaning: 'The token is unknown, or may not read.' },
  token_expired: { code: 4511, meaning: 'The token has expired.' },
  token_revoked: { code: 4512, meaning: 'The token was revoked.' },
  replaced: { code: 4520, meaning: 'The same device opened another socket.' },
  origin_forbidden: {
    code: 4530,
    meaning: 'The page that opened the socket is not on the allow-list of origins.',
  },
  subprotocol_required: { code: 4540, meaning: 'The client did not offer the subprotocol herald.v1.' },
} as const

export type CloseName = keyof typeof closeCodes

/** Whether a client dials again after this close code. Standard codes (1000-1015) count as a lost network. */
export function mayReconnect(code: number): boolean {
  return code < 4500 || code > 4999
}

/** The name of a close code of this catalogue. */
export function closeName(code: number): CloseName | undefined {
  return closeNames.find((name) => closeCodes[name].code === code)
}

const closeNames = Object.keys(closeCodes) as CloseName[]

/** The reason of a `going_away` close: come back at a random moment within `retryMs`. */
export const goingAwayReason = (retryMs: number): string => `going_away retry=${String(retryMs)}`

/** The time to spread a return over that a close reason names, in ms; 0 without one, at most a minute. */
export function retryHintMs(reason: string): number {
  const hint = /\bretry=(\d{1,9})\b/.exec(reason)?.[1]
  return hint ? Math.min(Number(hint), 60_000) : 0
}
