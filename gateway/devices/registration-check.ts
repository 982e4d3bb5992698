import { HeraldError, type PushRegistration } from '@herald/protocol'

/** Throws `invalid_body` for a registration that no service could use, so that the app hears of it and not the log. */
export function requireGoodRegistration({ provider, token, keys, environment }: PushRegistration): void {
  if (provider === 'webpush') {
    if (!keys) throw new HeraldError('invalid_body', 'push.keys: Web Push needs p256dh and auth')
    if (!URL.canParse(token))
      throw new HeraldError('invalid_body', 'push.token: must be the subscription’s endpoint')
  }
  // JPush hands iOS pushes to the gate of APNs that it is told.
  if (environment === 'sandbox' && provider !== 'apns' && provider !== 'jpush')
    throw new HeraldError('invalid_body', 'push.environment: only apns and jpush have a sandbox')
  // What JavaScript makes of an object, and what iOS 13 prints of an NSData: both have lost the token itself.
  if (/^\[object |^\{ ?length ?= ?\d+|^(?:undefined|null|NaN)$/.test(token))
    throw new HeraldError(
      'invalid_body',
      `push.token: is no token of ${provider}, but a text made from an object`,
    )
}
