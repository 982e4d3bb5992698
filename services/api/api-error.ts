import type { ErrorCode } from '@herald/protocol'

/** A code of the catalogue, or why there is none: no answer came, nothing was asked, or it was not one of Herald's. */
export type ApiErrorCode = ErrorCode | 'server_unreachable' | 'host_not_listed' | 'not_herald'

/** What a request to the gateway failed with. */
export class ApiError extends Error {
  readonly code: ApiErrorCode
  /** Whether the same request may succeed later. */
  readonly retryable: boolean

  constructor(code: ApiErrorCode, retryable: boolean, message: string = code) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.retryable = retryable
  }
}

/** The code of whatever was thrown; `internal` for a fault of this app. */
export function codeOf(error: unknown): ApiErrorCode {
  return error instanceof ApiError ? error.code : 'internal'
}
