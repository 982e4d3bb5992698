import type { FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { LOCAL_HOST } from '../process/addresses'

/** The source of a CSP that allows exactly this inline text. */
export function cspHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/**
 * What the H5 app may do: run its own script, show pictures that messages link to, and talk to whichever gateway
 * it is pointed at. Inline styles are uni-app's way to lay out; scripts are never inline unless index.html has them.
 * @param indexHtml the page as built; its inline scripts are allowed by their hash.
 */
export function appPolicy(indexHtml: string): string {
  return policy({
    'default-src': ["'self'"],
    'script-src': ["'self'", ...inlineScripts(indexHtml)],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:', 'blob:', 'https:', 'http:'],
    'font-src': ["'self'", 'data:'],
    'media-src': ["'self'", 'data:'],
    'connect-src': ["'self'", 'https:', 'http:', 'wss:', 'ws:'],
    'worker-src': ["'self'"],
    'manifest-src': ["'self'"],
    'object-src': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  })
}

/** What the documents' site may do: run its own script and search its own index. @param indexHtml its pages have the same inline scripts */
export function docsPolicy(indexHtml: string): string {
  return policy({
    'default-src': ["'none'"],
    'script-src': ["'self'", ...inlineScripts(indexHtml)],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  })
}

function inlineScripts(html: string): string[] {
  const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/gi)]
  return inline.map(([, script = '']) => cspHash(script))
}

/** For answers that are data: nothing at all. */
export const dataPolicy = policy({ 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] })

/** For our own pages, which are HTML with one style sheet inside and no script. */
export function pagePolicy(style: string): string {
  return policy({
    'default-src': ["'none'"],
    'style-src': [cspHash(style)],
    'img-src': ["'self'", 'data:'],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  })
}

function policy(directives: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ')
}

/**
 * A browser comes by TLS for a year; it means anything over TLS only (RFC 6797 §7.2). Subdomains are not ours to speak for, and
 * neither is localhost, where it would hold for whatever else runs on the machine.
 */
const STRICT_TRANSPORT = 'max-age=31536000'

/** Sets the headers that every answer has; a route may have set its own policy or caching before. */
export function setSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onSend', ({ client }, reply, _payload, done) => {
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    // A page that opened the app, or that the app opens, gets no hold of its window.
    reply.header('cross-origin-opener-policy', 'same-origin')
    if (client.isSecure && !LOCAL_HOST.test(client.host ?? ''))
      reply.header('strict-transport-security', STRICT_TRANSPORT)
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', dataPolicy)
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    done()
  })
}
