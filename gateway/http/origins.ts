import { HeraldError } from '@herald/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Whether a page of this origin may talk to the gateway that was reached under `host`. */
export type OriginCheck = (origin: string | undefined, host: string | undefined) => boolean

const ALLOW_HEADERS =
  'Authorization, Content-Type, Content-Encoding, Idempotency-Key, Title, Priority, Tags, Click, Image, Markdown, TTL'
const EXPOSE_HEADERS = 'Retry-After, X-Request-Id, Idempotent-Replayed'
const PREFLIGHT_AGE_S = 7200

/**
 * The allow-list of browser origins, for HTTP and for sockets. Allowed are: no Origin (not a browser; it needs a
 * token anyway, and there are no cookies), the gateway's own origin, and those of the settings.
 * @param extra HERALD_ORIGINS, and HERALD_PUBLIC_URL, whose path does not matter.
 */
export function checkOrigins(extra: readonly string[]): OriginCheck {
  const allowed = new Set(extra.map((url) => new URL(url).origin))
  return (origin, host) => {
    if (origin === undefined || allowed.has(origin)) return true
    // Only hosts are compared: behind a proxy that ends TLS the gateway does not know its own scheme.
    return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
  }
}

/**
 * Refuses foreign origins and answers CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) for allowed ones.
 * The refusal itself may be read by the foreign page: the app can then say what is wrong, not just "network error".
 */
export function guardOrigins(app: FastifyInstance, isAllowed: OriginCheck): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    reply.header('vary', 'Origin')
    if (origin === undefined) {
      done()
      return
    }
    reply.header('access-control-allow-origin', origin)
    // A preflight is granted to anyone: the request after it is refused, and only its answer can be read.
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method']
    if (!isPreflight && !isAllowed(origin, request.host)) {
      done(new HeraldError('origin_forbidden'))
      return
    }
    reply.header('access-control-expose-headers', EXPOSE_HEADERS)
    if (isPreflight) answerPreflight(reply)
    else done()
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
