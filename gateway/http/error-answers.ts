import { errors, HeraldError, MAX_BODY_BYTES, type ErrorCode } from '@herald/protocol'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { METHODS as EVERY_METHOD } from 'node:http'
import { tooLarge } from './body-text'
import { limitMissingFiles } from './front-door'
import type { RateLimits } from './rate-limits'

declare module 'fastify' {
  interface FastifyRequest {
    /** The error that it was answered with. */
    errorCode: ErrorCode | null
  }
}

/** Seconds after which a client may try again, for the errors that pass by themselves. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = { storage_unavailable: 5, shutting_down: 2 }

/** Too many requests; names the time to wait. */
export class RateLimitError extends HeraldError {
  readonly retryAfterS: number

  constructor(retryAfterS: number, detail: string) {
    super('rate_limited', detail)
    this.retryAfterS = retryAfterS
  }
}

/** What Fastify itself refuses, in the words of our catalogue. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_body',
  FST_ERR_BAD_URL: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
}

/** Any thrown value as an error of the catalogue; what is unknown becomes `internal` and shows nothing of itself. */
export function toHeraldError(error: unknown, path = '', maxBodyBytes = MAX_BODY_BYTES): HeraldError {
  if (error instanceof HeraldError) return error
  const { code: frameworkCode = '', statusCode } = (error ?? {}) as Partial<FastifyError>
  const code = frameworkCodes[frameworkCode] ?? codeOfFile(statusCode)
  if (code === 'body_too_large') return tooLarge(maxBodyBytes)
  // The feed is the only part of a path in which people put what needs escaping.
  if (code === 'not_found' && path.startsWith('/v1/feeds/')) return new HeraldError('feed_name_invalid')
  return new HeraldError(code)
}

/** What @fastify/send refuses: paths out of its folder and hidden files (403, 404), ranges outside a file (416). */
function codeOfFile(statusCode: number | undefined): ErrorCode {
  if (statusCode === 416 || statusCode === 412) return 'invalid_header'
  return statusCode === 400 || statusCode === 403 || statusCode === 404 ? 'not_found' : 'internal'
}

/** The one place where an error becomes an answer. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = toHeraldError(error, request.originalUrl, request.routeOptions.bodyLimit)
  request.errorCode = answer.code
  if (answer.code === 'internal') request.log.error({ reqId: request.id, err: error }, 'fault')
  const retryAfterS = answer instanceof RateLimitError ? answer.retryAfterS : RETRY_AFTER_S[answer.code]
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS)
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer realm="herald"')
  void reply.code(answer.status).type('application/json; charset=utf-8').send(JSON.stringify(answer.toBody()))
}

/** Finds which methods a path takes; empty for a path that is no route. */
export type MethodsOf = (path: string) => readonly string[]

/** Every method that some route takes. */
export const METHODS = 'GET, HEAD, POST, PUT, DELETE'

const isTaken = (method: string): boolean => METHODS.split(', ').includes(method)

/** What a path may take that is no route: it may be a file. */
const FILE_METHODS = 'GET, HEAD'

/**
 * Routes every failure through `answerError`: thrown errors, unknown paths and known paths with another method. A method
 * that no route takes is told so on any path; 501 for it would look like a fault of the gateway.
 */
export function answerErrors(app: FastifyInstance, methodsOf: MethodsOf, limits: RateLimits): void {
  app.setErrorHandler(answerError)
  // Fastify would look at their bodies first, and answer what is wrong with those.
  for (const method of EVERY_METHOD)
    if (!isTaken(method)) app.addHttpMethod(method, { overrideExisting: true })
  app.setNotFoundHandler(async (request, reply) => {
    await limitMissingFiles(request, limits)
    const { method } = request
    const path = pathOf(request.url)
    // RFC 9110 §9.3.7: asks what the server can do, and not what a route can.
    if (method === 'OPTIONS' && path === '*') return reply.code(204).header('allow', METHODS).send()
    const taken = methodsOf(path)
    const isOurs = isTaken(method)
    if (taken.length > 0) reply.header('allow', taken.join(', '))
    else if (!isOurs) reply.header('allow', FILE_METHODS)
    answerError(
      new HeraldError(taken.length > 0 || !isOurs ? 'method_not_allowed' : 'not_found'),
      request,
      reply,
    )
    return reply
  })
}

/** Without the query, and without the origin that a client may name too (RFC 9112 §3.2.2). */
const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/?]*/i, '').split('?')[0] ?? ''

/** The catalogue as rows, for pages and documents. */
export const errorRows = (Object.keys(errors) as ErrorCode[]).map((code) => ({ code, ...errors[code] }))
