import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { appPolicy, docsPolicy } from './security-headers'

/** Vite puts a hash of the content into these names, so what they hold never changes. */
const HASHED = /^assets\/.*[-.][A-Za-z0-9_-]{8}\.[a-z0-9]+(?:\.(?:br|gz))?$/

const YEAR = 'public, max-age=31536000, immutable'
/** Kept, but asked about each time: a new release must not have to wait for an old index.html or sw.js to age. */
const REVALIDATE = 'no-cache'
const HOUR = 'public, max-age=3600'

/** How long a browser may keep a file of the built app. @param path from the built folder, with "/" */
export function cachingOf(path: string): string {
  if (HASHED.test(path)) return YEAR
  return /\.(?:html|js|json|webmanifest)(?:\.(?:br|gz))?$/.test(path) ? REVALIDATE : HOUR
}

/** Serves the built H5 app at `/`. */
export async function serveApp(app: FastifyInstance, folder: string): Promise<void> {
  await serveFiles(app, folder, '/', appPolicy(readIndex(folder)))
}

/** Serves the documents' site at `/docs/`. */
export async function serveDocs(app: FastifyInstance, folder: string): Promise<void> {
  app.get('/docs', (_request, reply) => reply.redirect('/docs/'))
  await serveFiles(app, folder, '/docs/', docsPolicy(readIndex(folder)))
}

const readIndex = (folder: string): string => readFileSync(join(folder, 'index.html'), 'utf8')

/** Serves what a build made, from the compressed copies that it made where a browser takes them. */
async function serveFiles(
  app: FastifyInstance,
  folder: string,
  prefix: string,
  policy: string,
): Promise<void> {
  await app.register(async (scope) => {
    // A cache in between must not give the compressed copy to somebody who cannot unpack it (RFC 9110 §12.5.5).
    scope.addHook('onRequest', (_request, reply, done) => {
      reply.header('vary', 'Origin, Accept-Encoding')
      done()
    })
    await scope.register(fastifyStatic, {
      ...{ root: folder, prefix },
      preCompressed: true,
      cacheControl: false,
      dotfiles: 'deny',
      decorateReply: false,
      setHeaders: (response, path) => {
        response.setHeader('cache-control', cachingOf(relative(folder, path).split(sep).join('/')))
        response.setHeader('content-security-policy', policy)
      },
    })
  })
}
