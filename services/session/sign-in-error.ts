import type { ApiError } from '../api/api-error'

const codes = [
  'server_unreachable',
  'host_not_listed',
  'not_herald',
  'token_invalid',
  'token_expired',
  'token_revoked',
  'read_forbidden',
  'admin_token',
  'sign_in_code_invalid',
  'origin_forbidden',
  'rate_limited',
  'user_disabled',
  'token_limit',
  'address_invalid',
  'insecure_address',
  'internal',
] as const

export type SignInErrorCode = (typeof codes)[number]

/** Why a sign-in failed; pages have a text for each code. */
export class SignInError extends Error {
  readonly code: SignInErrorCode

  constructor(code: SignInErrorCode) {
    super(code)
    this.name = 'SignInError'
    this.code = code
  }

  /** The API's failure as one of a sign-in. */
  static from(error: ApiError): SignInError {
    const { code } = error
    // A token that nobody could have made, and a code that is not of a code's shape.
    if (code === 'token_missing') return new SignInError('token_invalid')
    if (code === 'not_found' || code === 'method_not_allowed') return new SignInError('not_herald')
    if (code === 'invalid_body') return new SignInError('sign_in_code_invalid')
    if (code === 'storage_unavailable' || code === 'shutting_down')
      return new SignInError('server_unreachable')
    return new SignInError(codes.find((known) => known === code) ?? 'internal')
  }
}
