import { HeraldError } from '@herald/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Config } from '../process/config'

/** Whether a page of this origin may talk to the gateway that was reached under `host`. */
export type OriginCheck = (origin: string | undefined, host: string | undefined) => boolean

const ALLOW_HEADERS =
  'Authorization, Content-Type, Content-Encoding, Idempotency-Key, Title, Priority, Tags, Click, Image, Markdown, TTL'
const EXPOSE_HEADERS = 'Retry-After, X-Request-Id, Idempotent-Replayed'
const PREFLIGHT_AGE_S = 7200

/** The settings that say which pages may call. */
type OriginSettings = Pick<Config, 'publicUrl' | 'origins' | 'quickstart'>

/** A page of the machine that its browser runs on: what a dev server or a preview shows. */
const ON_THIS_MACHINE = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/**
 * The allow-list of browser origins, for HTTP and for sockets. Allowed are: no Origin (not a browser; it needs a
 * token anyway, and there are no cookies), the gateway's own origin, and HERALD_ORIGINS. The own origin is that of
 * HERALD_PUBLIC_URL; without it, whatever the request calls the gateway, since nobody has said another name. Who tries a
 * gateway by hand (quickstart, and no public address) develops a page on the same machine: that is allowed, too.
 */
export function checkOrigins({ publicUrl, origins, quickstart }: OriginSettings): OriginCheck {
  const own = publicUrl === undefined ? [] : [new URL(publicUrl).origin]
  const allowed = new Set([...own, ...origins])
  return (origin, host) => {
    if (origin === undefined || allowed.has(origin)) return true
    if (publicUrl !== undefined) return false
    if (quickstart && ON_THIS_MACHINE.test(origin)) return true
    // Only hosts are compared: behind a proxy that ends TLS the gateway does not know its own scheme.
    return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
  }
}

/**
 * Lets pages read answers, every refusal too (https://fetch.spec.whatwg.org/#http-cors-protocol): the app can then say
 * what is wrong, not just "network error".
 */
export function tellOrigins(app: FastifyInstance): void {
  app.addHook('onRequest', ({ headers: { origin } }, reply, done) => {
    reply.header('vary', 'Origin')
    if (origin !== undefined)
      reply.headers({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSE_HEADERS,
      })
    done()
  })
}

/** Refuses foreign origins, and answers preflights. */
export function guardOrigins(app: FastifyInstance, isAllowed: OriginCheck): void {
  app.addHook('onRequest', ({ method, headers, client }, reply, done) => {
    // A preflight is granted to anyone: the request after it is refused, and only its answer can be read.
    const isPreflight = method === 'OPTIONS' && headers.origin && headers['access-control-request-method']
    if (isPreflight) answerPreflight(reply)
    else done(isAllowed(headers.origin, client.host) ? undefined : new HeraldError('origin_forbidden'))
  })
}

function answerPreflight(reply: FastifyReply): void {
  void reply
    .code(204)
    .headers({
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      'access-control-allow-headers': ALLOW_HEADERS,
      'access-control-max-age': PREFLIGHT_AGE_S,
    })
    .send()
}
