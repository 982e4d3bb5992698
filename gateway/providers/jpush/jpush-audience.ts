import type { PushTarget } from '../provider'
import type { Audience, JpushSettings } from './settings'

const REGISTRATION_ID = /^[0-9A-Za-z]{8,64}$/
/** JPush takes letters, digits, Chinese and a few signs in aliases and tags. */
const NAME = /^[\p{L}\p{N}_@!#$&*+=.|￥-]+$/u
const MAX_NAME_BYTES = 40

/** Whom a push is for, in JPush's terms: always one value, never everybody. */
export type JpushAudience =
  | { readonly registration_id: readonly [string] }
  | { readonly alias: readonly [string] }
  | { readonly tag: readonly [string] }

/**
 * Reads a registration's token. `alias:` and `tag:` only where the operator has allowed them: a device gives itself
 * its alias and tags, so whoever sets another's alias gets his messages. Returns why not, as text.
 */
export function audienceOf({ token }: PushTarget, settings: JpushSettings): JpushAudience | string {
  const [, kind, name = ''] = /^(alias|tag):(.*)$/su.exec(token) ?? []
  if (kind === undefined) {
    return REGISTRATION_ID.test(token)
      ? { registration_id: [token] }
      : 'the token is not of the form of a registration id'
  }
  const audience: Audience = kind === 'alias' ? 'alias' : 'tag'
  if (!settings.audiences.has(audience)) {
    return `pushes to an ${audience === 'alias' ? 'alias' : 'audience by tag'} are off: HERALD_JPUSH_AUDIENCES`
  }
  if (!NAME.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return `the ${audience} is not of JPush’s form: at most ${MAX_NAME_BYTES} bytes of letters, digits and _@!#$&*+=.|`
  }
  return audience === 'alias' ? { alias: [name] } : { tag: [name] }
}
