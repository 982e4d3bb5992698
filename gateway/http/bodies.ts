import { describeIssue, HeraldError, MAX_BODY_BYTES, wellFormed } from '@herald/protocol'
import type { FastifyInstance } from 'fastify'
import { isUtf8 } from 'node:buffer'
import * as v from 'valibot'
import { TextBody, type Route } from './route'
import { readStrictJson } from './strict-json'
import type { IncomingHttpHeaders } from 'node:http'

const MAX_DETAIL_LENGTH = 200

/** Bytes that are not UTF-8 are refused: a Windows shell sends GBK, and the phone would show garbage for it. */
function decodeText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new HeraldError('invalid_body', 'The body is not UTF-8.')
  const text = bytes.toString()
  // A byte order mark is no part of the text (https://encoding.spec.whatwg.org/#utf-8-decode).
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

function parseJson(bytes: Buffer): unknown {
  const text = decodeText(bytes)
  // uni.request on H5 gives every DELETE this media type and no body; a route that needs one says what is missing.
  return text === '' ? undefined : readStrictJson(text)
}

/** The media types that bodies may have: JSON, text, and the one that `curl -d` gives to everything. */
export function parseBodies(app: FastifyInstance): void {
  const options = { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES } as const
  const add = (mediaType: string, read: (bytes: Buffer) => unknown): void => {
    app.addContentTypeParser<Buffer>(mediaType, options, (_request, bytes, done) => {
      try {
        done(null, read(bytes))
      } catch (error) {
        done(error as Error)
      }
    })
  }
  app.removeAllContentTypeParsers()
  add('application/json', parseJson)
  add('text/plain', (bytes) => new TextBody(decodeText(bytes), false))
  add('application/x-www-form-urlencoded', (bytes) => new TextBody(decodeText(bytes), true))
}

/** A request's body in the shape that its route takes. Throws `invalid_body`, `media_type_unsupported`. */
export function readBody(route: Route, body: unknown, headers: IncomingHttpHeaders): unknown {
  if (!route.body) return undefined
  if (body instanceof TextBody) return parseShape(route.body, readText(route, body, headers), 'invalid_body')
  // Valibot takes a list for an object, and then finds all optional fields absent.
  if (Array.isArray(body)) throw new HeraldError('invalid_body', 'The body must be an object.')
  if (body === undefined && !route.bodyOptional) throw new HeraldError('invalid_body', 'The body is missing.')
  return parseShape(route.body, body === undefined ? {} : body, 'invalid_body')
}

function readText(route: Route, body: TextBody, headers: IncomingHttpHeaders): unknown {
  if (!route.readText) throw new HeraldError('media_type_unsupported', 'The body must be application/json.')
  if (body.asForm && /^\s*\{/.test(body.text)) {
    throw new HeraldError('media_type_unsupported', 'For JSON add the header  Content-Type: application/json')
  }
  return route.readText(body.text, headers)
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
