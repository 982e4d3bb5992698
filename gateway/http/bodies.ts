import { describeIssue, HeraldError, MAX_BODY_BYTES, wellFormed } from '@herald/protocol'
import type { FastifyInstance } from 'fastify'
import * as v from 'valibot'
import { decodeText, unpackBody } from './body-text'
import type { OptionSource } from './message-options'
import { TextBody, type Route } from './route'
import { readStrictJson } from './strict-json'

const MAX_DETAIL_LENGTH = 200

function parseJson(text: string): unknown {
  // uni.request on H5 gives every DELETE this media type and no body; a route that needs one says what is missing.
  return text === '' ? undefined : readStrictJson(text)
}

/**
 * The media types that bodies may have: JSON, text, and those that say nothing: `curl -d` calls everything a form,
 * `curl -T` names no type.
 */
export function parseBodies(app: FastifyInstance): void {
  const options = { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES } as const
  const add = (mediaType: string, read: (text: string) => unknown): void => {
    app.addContentTypeParser<Buffer>(mediaType, options, ({ headers, routeOptions }, packed, done) => {
      if (mediaType === '*' && headers['content-type']) {
        done(new HeraldError('media_type_unsupported'))
        return
      }
      if (!isPlainlyTransferred(headers['transfer-encoding'])) {
        done(new HeraldError('media_type_unsupported', 'Transfer-Encoding: only chunked is understood.'))
        return
      }
      unpackBody(packed, headers['content-encoding'], routeOptions.bodyLimit, (error, bytes) => {
        try {
          if (error !== null) throw error
          done(null, read(decodeText(bytes, headers['content-type'])))
        } catch (fault) {
          done(fault as Error)
        }
      })
    })
  }
  app.removeAllContentTypeParsers()
  add('application/json', parseJson)
  add('text/plain', (text) => new TextBody(text))
  add('text/markdown', (text) => new TextBody(text, { isMarkdown: true }))
  add('application/x-www-form-urlencoded', (text) => new TextBody(text, { asForm: true }))
  add('application/octet-stream', (text) => new TextBody(text))
  add('*', (text) => new TextBody(text))
}

/** RFC 9112 §6.1: Node takes `chunked` off, and hands over as it came what another coding was put on before. */
const isPlainlyTransferred = (coding: string | undefined): boolean =>
  coding === undefined || coding.trim().toLowerCase() === 'chunked'

/** A request's body in the shape that its route takes. Throws `invalid_body`, `media_type_unsupported`. */
export function readBody(route: Route, body: unknown, source: OptionSource): unknown {
  if (!route.body) return undefined
  if (body instanceof TextBody) return parseShape(route.body, readText(route, body, source), 'invalid_body')
  // Valibot takes a list for an object, and then finds all optional fields absent; of others it speaks in its own words.
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body)))
    throw new HeraldError('invalid_body', 'The body must be an object.')
  if (body === undefined && !route.bodyOptional) throw new HeraldError('invalid_body', 'The body is missing.')
  return parseShape(route.body, body === undefined ? {} : body, 'invalid_body')
}

function readText(route: Route, body: TextBody, source: OptionSource): unknown {
  if (!route.readText) throw new HeraldError('media_type_unsupported', 'The body must be application/json.')
  if (body.asForm && /^\s*\{\s*["}]/.test(body.text)) {
    throw new HeraldError('media_type_unsupported', 'For JSON add the header  Content-Type: application/json')
  }
  return route.readText(body, source)
}

/** Checks a value against a schema; the error names the field and what it takes, never the value. */
export function parseShape<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  code: 'invalid_body' | 'invalid_query' | 'invalid_header',
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value, { abortEarly: true })
  if (parsed.success) return parsed.output
  // A field's name comes from the sender too, and may be as long as a body.
  throw new HeraldError(code, wellFormed(describeIssue(parsed.issues[0]).slice(0, MAX_DETAIL_LENGTH)))
}
