export type { AskSwitch } from '../services/session/sign-in'
export { findSignInLink } from '../services/session/sign-in-link'
export { SignInError, type SignInErrorCode } from '../services/session/sign-in-error'
