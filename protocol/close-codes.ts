/**
 * Why the gateway closes a socket. 4000-4499: the client reconnects with backoff. 4500-4999: it stops, because
 * the same hello would fail the same way. A client obeys the range for codes that it does not know.
 * Reasons on the wire are the names below: ASCII, far under the 123 bytes of RFC 6455 §5.5.
 */
export const closeCodes = {
  going_away: 4000,
  idle: 4001,
  slow_reader: 4002,
  rate_limited: 4003,
  hello_timeout: 4004,
  storage_unavailable: 4005,
  internal: 4006,
  feeds_changed: 4007,
  busy: 4008,
  too_many_sockets: 4009,
  bad_frame: 4500,
  unknown_frame: 4501,
  frame_too_large: 4502,
  unexpected_hello: 4503,
  hello_expected: 4504,
  token_invalid: 4510,
  token_expired: 4511,
  token_revoked: 4512,
  user_disabled: 4513,
  replaced: 4520,
  origin_forbidden: 4530,
  subprotocol_required: 4540,
} as const

export type CloseName = keyof typeof closeCodes

/** What each close code means, for documents; apart from the codes, so that no app ships it. */
export const closeMeanings: Readonly<Record<CloseName, string>> = {
  going_away: 'The gateway is shutting down. The reason may give a maximum delay before reconnecting.',
  idle: 'No frame came for two heartbeats.',
  slow_reader: 'The client reads too slowly. It reconnects and loses nothing.',
  rate_limited: 'Too many frames.',
  hello_timeout: 'No hello came in time.',
  storage_unavailable: 'The gateway cannot read or write its store now.',
  internal: 'Internal error. See the gateway’s log.',
  feeds_changed: 'The log was restored or renewed; say hello again.',
  busy: 'Too many devices reconnect at once. The reason gives a maximum delay before reconnecting.',
  too_many_sockets:
    'The user has the maximum number of live sockets; they stay open. There is room when one of them ends.',
  bad_frame: 'The frame is not JSON, not text, or not of its shape.',
  unknown_frame: 'The gateway does not know a frame of this type.',
  frame_too_large: 'The frame is larger than 16 KB.',
  unexpected_hello: 'A second hello on one socket.',
  hello_expected: 'The first frame was not hello.',
  token_invalid: 'The token is unknown, or may not read.',
  token_expired: 'The token has expired.',
  token_revoked: 'The token was revoked, or the device was signed out.',
  user_disabled: 'An administrator has disabled or removed the user.',
  replaced: 'The same device opened another socket.',
  origin_forbidden:
    'The page that opened the socket is not on the allow-list of origins. HERALD_ORIGINS adds it.',
  subprotocol_required: 'The client did not offer the subprotocol herald.v1.',
}

/** Whether a client dials again after this close code. Standard codes (1000-1015) count as a lost network. */
export function mayReconnect(code: number): boolean {
  return code < 4500 || code > 4999
}

/** The name of a close code of this catalogue. */
export function closeName(code: number): CloseName | undefined {
  return closeNames.find((name) => closeCodes[name] === code)
}

const closeNames = Object.keys(closeCodes) as CloseName[]

/** The reason of a close that asks for a return at a random moment within `retryMs`. */
export const retryReason = (name: 'going_away' | 'busy', retryMs: number): string =>
  `${name} retry=${String(retryMs)}`

/** The time to spread a return over that a close reason names, in ms; 0 without one, at most a minute. */
export function retryHintMs(reason: string): number {
  const hint = /\bretry=(\d{1,9})\b/.exec(reason)?.[1]
  return hint ? Math.min(Number(hint), 60_000) : 0
}
