import { HeraldError, type PushRegistration } from '@herald/protocol'
import { EndpointGuard, EndpointRefused } from './endpoint-guard'

/** What of the guard is asked: it reads an endpoint without the network, and throws EndpointRefused. */
export type EndpointReader = Pick<EndpointGuard, 'read'>

/** Lets nothing in that is not public. */
const strict: EndpointReader = new EndpointGuard([])

/**
 * Throws `invalid_body` for a registration that no service could use, so that the app hears of it and not the log.
 * @param guard knows the origins that the operator allows
 */
export function requireGoodRegistration(registration: PushRegistration, guard = strict): void {
  const { provider, token, environment } = registration
  if (provider === 'webpush') requireGoodSubscription(registration, guard)
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

function requireGoodSubscription({ token, keys }: PushRegistration, guard: EndpointReader): void {
  if (!keys) throw new HeraldError('invalid_body', 'push.keys: Web Push needs p256dh and auth')
  try {
    guard.read(token)
  } catch (error) {
    if (!(error instanceof EndpointRefused)) throw error
    throw new HeraldError('invalid_body', `push.token: ${error.message}`)
  }
}
