import * as v from 'valibot'

/** The codes of every error that the HTTP API answers. Apart from the table, so that no app ships its sentences. */
export const errorCodes = [
  'invalid_json',
  'invalid_body',
  'invalid_query',
  'invalid_header',
  'feed_name_invalid',
  'feed_required',
  'token_missing',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'sign_in_code_invalid',
  'receipt_invalid',
  'publish_forbidden',
  'read_forbidden',
  'admin_required',
  'add_device_forbidden',
  'user_disabled',
  'origin_forbidden',
  'not_found',
  'user_not_found',
  'token_not_found',
  'session_not_found',
  'device_not_found',
  'chat_server_unknown',
  'sign_in_code_not_found',
  'message_not_found',
  'method_not_allowed',
  'user_exists',
  'topic_limit',
  'device_limit',
  'chat_account_limit',
  'token_limit',
  'sign_in_code_limit',
  'idempotency_conflict',
  'epoch_unknown',
  'request_timeout',
  'body_too_large',
  'url_too_long',
  'media_type_unsupported',
  'expectation_failed',
  'upgrade_required',
  'headers_too_large',
  'rate_limited',
  'internal',
  'storage_unavailable',
  'shutting_down',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export const isErrorCode = (code: string): code is ErrorCode => errorCodes.some((known) => known === code)

/** Every error that the HTTP API answers: status, whether the same request may succeed later, and what it means. */
export const errors: Readonly<Record<ErrorCode, { status: number; retryable: boolean; meaning: string }>> = {
  invalid_json: { status: 400, retryable: false, meaning: 'The body is not JSON.' },
  invalid_body: {
    status: 400,
    retryable: false,
    meaning: 'The body does not match this route’s schema.',
  },
  invalid_query: { status: 400, retryable: false, meaning: 'A query parameter is invalid.' },
  invalid_header: { status: 400, retryable: false, meaning: 'A request header is invalid.' },
  feed_name_invalid: { status: 400, retryable: false, meaning: 'The feed name is not allowed.' },
  feed_required: {
    status: 400,
    retryable: false,
    meaning: 'You cannot unfollow your own feed or everyone’s. Mute it instead.',
  },
  token_missing: {
    status: 401,
    retryable: false,
    meaning: 'The request has no Authorization header with a bearer token.',
  },
  token_invalid: { status: 401, retryable: false, meaning: 'The token is unknown or malformed.' },
  token_expired: { status: 401, retryable: false, meaning: 'The token has expired.' },
  token_revoked: { status: 401, retryable: false, meaning: 'The token was revoked.' },
  sign_in_code_invalid: {
    status: 401,
    retryable: false,
    meaning: 'The sign-in code is unknown, used or expired.',
  },
  receipt_invalid: {
    status: 401,
    retryable: false,
    meaning: 'The callback’s signature is missing or wrong.',
  },
  publish_forbidden: { status: 403, retryable: false, meaning: 'The token may not publish to this feed.' },
  read_forbidden: {
    status: 403,
    retryable: false,
    meaning: 'The token may not read as a user, or may not read this feed.',
  },
  admin_required: { status: 403, retryable: false, meaning: 'The route needs a token with the admin right.' },
  add_device_forbidden: {
    status: 403,
    retryable: false,
    meaning: 'A JWT, or a token for less than a year, signs no other device in.',
  },
  user_disabled: {
    status: 403,
    retryable: false,
    meaning: 'An administrator has disabled or removed the user.',
  },
  origin_forbidden: {
    status: 403,
    retryable: false,
    meaning: 'The page is not on the allow-list of origins. HERALD_ORIGINS adds it.',
  },
  not_found: { status: 404, retryable: false, meaning: 'There is no such route.' },
  user_not_found: { status: 404, retryable: false, meaning: 'There is no such user.' },
  token_not_found: { status: 404, retryable: false, meaning: 'There is no such token.' },
  session_not_found: { status: 404, retryable: false, meaning: 'The user has no such session.' },
  device_not_found: {
    status: 404,
    retryable: false,
    meaning: 'The user has no such device, or it is signed out. Register it first.',
  },
  chat_server_unknown: {
    status: 404,
    retryable: false,
    meaning: 'The gateway is connected to no chat server that serves this domain.',
  },
  sign_in_code_not_found: {
    status: 404,
    retryable: false,
    meaning: 'The user has no such sign-in code that could still be used.',
  },
  message_not_found: {
    status: 404,
    retryable: false,
    meaning: 'There is no such message, or it is past its retention.',
  },
  method_not_allowed: { status: 405, retryable: false, meaning: 'The route does not take this method.' },
  user_exists: { status: 409, retryable: false, meaning: 'A user with this id exists.' },
  topic_limit: {
    status: 409,
    retryable: false,
    meaning: 'The user follows the maximum number of topics.',
  },
  device_limit: {
    status: 409,
    retryable: false,
    meaning: 'The user has the maximum number of devices. Sign one out.',
  },
  chat_account_limit: {
    status: 409,
    retryable: false,
    meaning: 'The device has the maximum number of chat accounts. Remove one.',
  },
  token_limit: {
    status: 409,
    retryable: false,
    meaning: 'The user has the maximum number of tokens. Revoke one.',
  },
  sign_in_code_limit: {
    status: 409,
    retryable: false,
    meaning: 'The user has the maximum number of unused sign-in codes. Revoke one.',
  },
  idempotency_conflict: {
    status: 409,
    retryable: false,
    meaning: 'The Idempotency-Key was used for another message.',
  },
  epoch_unknown: { status: 409, retryable: false, meaning: 'The feed has a new epoch.' },
  request_timeout: {
    status: 408,
    retryable: true,
    meaning: 'The request did not arrive completely in time.',
  },
  body_too_large: { status: 413, retryable: false, meaning: 'The body is larger than 64 KB.' },
  url_too_long: { status: 414, retryable: false, meaning: 'The path and its query are longer than 8 KB.' },
  media_type_unsupported: {
    status: 415,
    retryable: false,
    meaning: 'The body is neither application/json nor text/plain.',
  },
  expectation_failed: {
    status: 417,
    retryable: false,
    meaning: 'The Expect header asks for something other than 100-continue.',
  },
  upgrade_required: {
    status: 426,
    retryable: false,
    meaning:
      'Another protocol is asked for: WebSocket (version 13) on its path, https where plain http only sends pages on.',
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    meaning: 'The request’s headers are larger than 16 KB.',
  },
  rate_limited: {
    status: 429,
    retryable: true,
    meaning: 'Too many requests. Retry-After says when to try again.',
  },
  internal: { status: 500, retryable: true, meaning: 'Internal error. See the gateway’s log.' },
  storage_unavailable: {
    status: 503,
    retryable: true,
    meaning: 'The gateway cannot write to its store. Nothing was saved.',
  },
  shutting_down: { status: 503, retryable: true, meaning: 'The gateway is shutting down.' },
}

/** The body of every answer that is not a success. */
export const ErrorBodySchema = v.object({
  error: v.object({ code: v.string(), message: v.string(), retryable: v.boolean() }),
})

export type ErrorBody = v.InferOutput<typeof ErrorBodySchema>

/** An error of the catalogue, thrown anywhere and turned into an answer in one place. */
export class HeraldError extends Error {
  readonly code: ErrorCode

  /** @param detail what a person needs to mend the request; never a secret. */
  constructor(code: ErrorCode, detail?: string) {
    super(detail ?? errors[code].meaning)
    this.name = 'HeraldError'
    this.code = code
  }

  get status(): number {
    return errors[this.code].status
  }

  get retryable(): boolean {
    return errors[this.code].retryable
  }

  toBody(): ErrorBody {
    return { error: { code: this.code, message: this.message, retryable: this.retryable } }
  }
}
