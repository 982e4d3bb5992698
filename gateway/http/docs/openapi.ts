import * as protocol from '@herald/protocol'
import { errors, type ErrorCode } from '@herald/protocol'
import { toJsonSchema, type ConversionConfig, type JsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import type { Right, Route } from '../route'

/** Errors that each right brings along. */
const rightErrors: Readonly<Record<Right, readonly ErrorCode[]>> = {
  public: [],
  token: ['token_missing', 'token_invalid', 'token_expired', 'token_revoked'],
  publish: ['token_missing', 'token_invalid', 'token_expired', 'token_revoked', 'publish_forbidden'],
  read: ['token_missing', 'token_invalid', 'token_expired', 'token_revoked', 'read_forbidden'],
  admin: ['token_missing', 'token_invalid', 'token_expired', 'token_revoked', 'admin_required'],
}

/** Every error that a route may answer, in the catalogue's order. */
export function errorsOf(route: Route): ErrorCode[] {
  const found = new Set<ErrorCode>([
    ...rightErrors[route.right],
    ...(route.errors ?? []),
    'rate_limited',
    'origin_forbidden',
  ])
  if (route.path.includes('{feed}')) found.add('feed_name_invalid')
  if (route.query) found.add('invalid_query')
  // A body that nobody asked for is read too, unless the method has none.
  if (route.method !== 'GET') for (const code of bodyErrors) found.add(code)
  for (const code of ['shutting_down', 'internal'] as const) found.add(code)
  return (Object.keys(errors) as ErrorCode[]).filter((code) => found.has(code))
}

const bodyErrors = ['invalid_json', 'invalid_body', 'body_too_large', 'media_type_unsupported'] as const

/** The API as an OpenAPI 3.1 document, made from the routes and from the schemas that check every request. */
export function describeApi(routes: readonly Route[], version: string, server: string | undefined): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const operations = (paths[route.path] ??= {})
    operations[route.method.toLowerCase()] = describeOperation(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Herald',
      version,
      description: 'Messages from servers to people’s phones.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    ...(server === undefined ? {} : { servers: [{ url: server }] }),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: describeSchemas(routes),
    },
  }
}

function describeOperation(route: Route): object {
  const parameters = [...pathParameters(route), ...headerParameters(route), ...queryParameters(route)]
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.right === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: describeBody(route, route.body) }),
    responses: { ...successes(route), ...errorAnswers(route) },
  }
}

function operationId({ method, path }: Route): string {
  const words = path
    .replace('/v1/', '')
    .split(/[/{}-]+/)
    .filter(Boolean)
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function describeBody(route: Route, schema: GenericSchema): object {
  const text = route.readText && { 'text/plain': { schema: { type: 'string' } } }
  return {
    required: !route.bodyOptional,
    content: { 'application/json': { schema: refer(schema) }, ...text },
  }
}

function successes({ answers }: Route): Record<string, object> {
  const described: Record<string, object> = {}
  for (const [status, { meaning, schema }] of Object.entries(answers)) {
    const content = schema && { content: { 'application/json': { schema: refer(schema) } } }
    described[status] = { description: meaning, ...content }
  }
  return described
}

/** Errors grouped by status, as OpenAPI wants them. */
function errorAnswers(route: Route): Record<string, object> {
  const answers: Record<string, object> = {}
  for (const code of errorsOf(route)) {
    const { status } = errors[code]
    const codes = errorsOf(route).filter((other) => errors[other].status === status)
    answers[String(status)] = {
      description: codes.map((other) => `${other}: ${errors[other].meaning}`).join(' '),
      content: { 'application/json': { schema: refer(protocol.ErrorBodySchema) } },
    }
  }
  return answers
}

function pathParameters({ path }: Route): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'feed' ? refer(protocol.FeedNameSchema) : { type: 'string' },
  }))
}

function headerParameters({ headers = [] }: Route): object[] {
  return headers.map(({ name, meaning }) => ({
    name,
    in: 'header',
    description: meaning,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Route): object[] {
  if (!query) return []
  const { properties = {}, required = [] } = convert(query, 'input')
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

/** The protocol's schemas by the names under which it exports them. */
const schemaNames = new Map<unknown, string>(
  Object.entries(protocol).flatMap(([name, value]) =>
    name.endsWith('Schema') ? [[value, name.slice(0, -'Schema'.length)]] : [],
  ),
)

/** Schemas that are worth a name of their own inside others; the rest is written where it is used. */
const SHARED = ['FeedName', 'Message', 'FeedState', 'TokenInfo', 'User', 'Scopes', 'ErrorBody']

const definitions = Object.fromEntries(
  [...schemaNames]
    .filter(([, name]) => SHARED.includes(name))
    .map(([schema, name]) => [name, schema as GenericSchema]),
)

const referTo = (name: string): string => `#/components/schemas/${name}`

function refer(schema: GenericSchema): JsonSchema | { $ref: string } {
  const name = schemaNames.get(schema)
  return name === undefined ? convert(schema, 'output') : { $ref: referTo(name) }
}

function describeSchemas(routes: readonly Route[]): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {}
  const add = (schema: GenericSchema | undefined, typeMode: 'input' | 'output'): void => {
    const name = schemaNames.get(schema)
    if (schema && name !== undefined) schemas[name] ??= convert(schema, typeMode)
  }
  for (const { body, answers } of routes) {
    add(body, 'input')
    for (const { schema } of Object.values(answers)) add(schema, 'output')
  }
  for (const schema of Object.values(definitions)) add(schema, 'output')
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `input`: what a client writes, defaults left out. `output`: what it gets. Checks without a JSON Schema word are left out. */
function convert(schema: GenericSchema, typeMode: 'input' | 'output'): JsonSchema {
  const own = schemaNames.get(schema)
  const others = Object.fromEntries(Object.entries(definitions).filter(([name]) => name !== own))
  const config: ConversionConfig = {
    target: 'draft-2020-12',
    typeMode,
    errorMode: 'ignore',
    definitions: others,
    overrideRef: ({ referenceId }) => referTo(referenceId),
  }
  const { $schema: _dialect, $defs: _definitions, ...json } = toJsonSchema(schema, config)
  return json
}
