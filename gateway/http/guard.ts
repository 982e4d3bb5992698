import { FeedNameSchema, HeraldError } from '@herald/protocol'
import type { FastifyRequest } from 'fastify'
import * as v from 'valibot'
import type { Principal } from '../contracts/directory'
import { addressKey } from '../process/addresses'
import { requirePublish } from '../publish/publisher'
import type { RateLimits } from './rate-limits'
import type { Right, Route } from './route'
import type { HttpServices } from './services'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the request's token was found to be valid. */
    caller: Principal | null
  }
}

/**
 * What a request must pass before its body is read, cheapest first: token, rate of its token, feed name, right. The rate of
 * its address it has passed already. So a stranger cannot make the gateway read bodies.
 */
export function guardRoute(route: Route, services: HttpServices, limits: RateLimits) {
  const isPublish = route.right === 'publish'
  return async (request: FastifyRequest): Promise<void> => {
    if (route.right === 'public') return
    const address = addressKey(request.client.address)
    const caller = await authenticate(request, address, services, limits)
    request.caller = caller
    await limits[isPublish ? 'publish' : 'requests'](caller.token.id)
    const { feed } = request.params as { feed?: string }
    if (feed !== undefined) checkFeedName(feed)
    requireRight(route.right, caller, feed)
  }
}

/** Throws `feed_name_invalid`, saying what a name looks like. */
function checkFeedName(feed: string): void {
  const parsed = v.safeParse(FeedNameSchema, feed)
  if (!parsed.success) throw new HeraldError('feed_name_invalid', `A feed name ${parsed.issues[0].message}.`)
}

/** Throws the error that says which right the token lacks. */
export function requireRight(right: Right, { token, user }: Principal, feed: string | undefined): void {
  const { scopes } = token
  if (right === 'admin' && !scopes.admin) throw new HeraldError('admin_required')
  if (right === 'read' && !(scopes.read && user)) throw new HeraldError('read_forbidden')
  if (right === 'publish') requirePublish({ scopes }, feed ?? '')
}

/**
 * Finds who the request speaks for. An address that failed too often is told so, and not whether this token
 * would be valid; a valid one still passes, so that nobody behind a shared address can lock the others out.
 */
async function authenticate(
  request: FastifyRequest,
  address: string,
  services: HttpServices,
  limits: RateLimits,
): Promise<Principal> {
  try {
    return await services.authenticate(tokenOf(request.headers.authorization))
  } catch (error) {
    if (!(error instanceof HeraldError) || error.status !== 401) throw error
    services.metrics.authenticationFailed(error.code)
    await limits.checkFailures(address)
    await limits.failure(address)
    throw error
  }
}

/**
 * The token of an Authorization header (RFC 6750 §2.1), or of either half of Basic credentials (RFC 7617): senders that know
 * no Bearer put it there. Tokens in a URL are not looked for.
 */
function tokenOf(header: string | undefined): string {
  if (header === undefined || header === '') throw new HeraldError('token_missing')
  const basic = /^Basic +([A-Za-z0-9+/]{1,8192}={0,2}) *$/i.exec(header)?.[1]
  if (basic !== undefined) return tokenOfBasic(Buffer.from(basic, 'base64').toString())
  const token = /^Bearer +([\x21-\x7e]{1,4096}) *$/i.exec(header)?.[1]
  if (token === undefined)
    throw new HeraldError('token_invalid', 'The Authorization header must read: Bearer <token>.')
  return token
}

/** The password, or the user where the password is none: Apprise sends `<token>:None`, shoutrrr `:<token>`. */
function tokenOfBasic(credentials: string): string {
  const colon = credentials.indexOf(':')
  const [user, password] = [credentials.slice(0, colon), credentials.slice(colon + 1)]
  const token = colon >= 0 && [password, user].find((half) => isLikeToken(half))
  if (!token) throw new HeraldError('token_invalid', 'The credentials of Basic hold no token.')
  return token
}

/** Ours, or a JWT. */
const isLikeToken = (text: string): boolean =>
  /^hld_[\x21-\x7e]{1,4096}$/.test(text) || /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)
