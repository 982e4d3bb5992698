import { wellFormed } from '@herald/protocol'
import { gzipSync } from 'node:zlib'
import type { Chance } from '../../simulation/chance'
import type { ApiDocument, Parameter, PlacedOperation } from './api-document'
import { changeJson, damage, junkBytes, junkJson, junkText } from './junk'
import { SchemaValues } from './schema-values'

/** Whose token a request brings. */
export type Right = 'none' | 'wrong' | 'read' | 'publish' | 'admin'

/** Beside the right that an operation asks for, which half of the requests have. */
const RIGHTS = { none: 2, wrong: 2, read: 3, publish: 3, admin: 3 } as const satisfies Record<Right, number>

export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: Buffer
  /** The operation that it asks for as its document says, but for values: the status is one that the document lists. */
  readonly operation?: PlacedOperation
}

export interface RequestWorld {
  readonly document: ApiDocument
  readonly operations: readonly PlacedOperation[]
  readonly tokens: Readonly<Record<'read' | 'publish' | 'admin', string>>
  /** A string that an answer held under this name; undefined where there was none. */
  told(chance: Chance, name: string): string | undefined
}

/** Makes requests from the document: what it says, what comes near to that, and what does not. */
export class RequestMaker {
  readonly #chance: Chance
  readonly #world: RequestWorld
  readonly #values: SchemaValues

  constructor(chance: Chance, world: RequestWorld) {
    this.#chance = chance
    this.#world = world
    this.#values = new SchemaValues(world.document, chance, (name) => world.told(chance, name))
  }

  make(): FuzzRequest {
    const chance = this.#chance
    const operation = chance.of(this.#world.operations)
    if (operation === undefined) throw new Error('the document has no operations')
    const { parameters = [] } = operation
    const path = this.#pathOf(operation) + this.#queryOf(parameters)
    const headers = { ...this.#authorization(operation), ...this.#headersOf(parameters) }
    const body = this.#bodyOf(operation, headers)
    const request = { method: operation.method, path, headers, ...(body && { body }) }
    return chance.hits(0.1) ? this.#astray(request) : { ...request, operation }
  }

  #pathOf({ path, parameters = [] }: PlacedOperation): string {
    return path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
      const parameter = parameters.find((one) => one.in === 'path' && one.name === name)
      if (this.#chance.hits(0.15)) return encodeURIComponent(wellFormed(junkText(this.#chance))) || 'x'
      // An id alone says nothing: users', tokens' and messages' are told under names of their own.
      const place = name === 'id' ? (path.split('/')[2] ?? name) : name
      return encodeURIComponent(this.#values.stringOf(this.#schemaOf(parameter), place))
    })
  }

  #schemaOf(parameter: Parameter | undefined): Parameter['schema'] {
    const name = parameter?.schema.$ref?.split('/').at(-1)
    return name === undefined
      ? (parameter?.schema ?? {})
      : (this.#world.document.components.schemas[name] ?? {})
  }

  #queryOf(parameters: readonly Parameter[]): string {
    const query = new URLSearchParams()
    for (const { in: place, name, schema } of parameters) {
      if (place !== 'query' || this.#chance.hits(0.4)) continue
      const value = this.#chance.hits(0.2) ? junkText(this.#chance) : this.#values.stringOf(schema, name)
      query.append(name, wellFormed(value))
      if (this.#chance.hits(0.05)) query.append(name, wellFormed(value))
    }
    if (this.#chance.hits(0.05)) query.append(wellFormed(junkText(this.#chance)), 'x')
    return query.size > 0 ? `?${query.toString()}` : ''
  }

  #authorization(operation: PlacedOperation): Record<string, string> {
    const right = this.#chance.hits(0.5) ? rightFor(operation) : this.#chance.weighted(RIGHTS)
    if (right === 'none') return {}
    if (right !== 'wrong') return { authorization: `Bearer ${this.#world.tokens[right]}` }
    const wrong = [
      'Bearer hld_nobody',
      'Bearer',
      'Basic eDp5',
      'Bearer a.b.c',
      `Bearer ${'x'.repeat(5000)}`,
      '',
    ]
    return { authorization: this.#chance.of(wrong) ?? '' }
  }

  #headersOf(parameters: readonly Parameter[]): Record<string, string> {
    const headers: Record<string, string> = {}
    for (const { in: place, name } of parameters) {
      if (place !== 'header' || this.#chance.hits(0.85)) continue
      const values = ['1', 'yes', 'a,b', '5 min', 'https://example.invalid', '=?utf-8?q?x?=', 'é', ' ', '\t']
      headers[name] = this.#chance.of([...values, 'k'.repeat(300)]) ?? ''
    }
    if (this.#chance.hits(0.03))
      headers['origin'] = this.#chance.of(['null', 'https://evil.invalid', 'x']) ?? ''
    return headers
  }

  #bodyOf({ requestBody }: PlacedOperation, headers: Record<string, string>): Buffer | undefined {
    const chance = this.#chance
    if (requestBody === undefined) {
      if (chance.hits(0.9)) return undefined
      headers['content-type'] = 'application/json'
      return Buffer.from(JSON.stringify(junkJson(chance)))
    }
    if (!requestBody.required && chance.hits(0.3)) return undefined
    const [type, { schema }] = chance.of(Object.entries(requestBody.content)) ?? ['', { schema: {} }]
    headers['content-type'] = chance.hits(0.93) ? type : (chance.of(OTHER_TYPES) ?? '')
    const value = this.#values.valueOf(schema)
    return this.#encode(typeof value === 'string' ? value : this.#bent(value), headers)
  }

  #bent(value: ReturnType<SchemaValues['valueOf']>): string {
    switch (this.#chance.weighted({ valid: 5, near: 4, junk: 1, doubled: 0.3 })) {
      case 'valid':
        return JSON.stringify(value)
      case 'near':
        return JSON.stringify(changeJson(this.#chance, value))
      case 'junk':
        return JSON.stringify(junkJson(this.#chance))
      case 'doubled':
        return JSON.stringify(value).replace('{', `{"body":1e999,"data":{"n":12345678901234567890},`)
    }
  }

  #encode(text: string, headers: Record<string, string>): Buffer {
    const bytes = Buffer.from(text)
    switch (
      this.#chance.weighted({ plain: 20, gzip: 1, notGzip: 1, damaged: 1, junk: 1, large: 0.5, bomb: 0.2 })
    ) {
      case 'plain':
        return bytes
      case 'gzip':
        headers['content-encoding'] = 'gzip'
        return gzipSync(bytes)
      case 'notGzip':
        headers['content-encoding'] = this.#chance.of(['gzip', 'br', 'deflate', 'x', 'gzip, gzip']) ?? 'gzip'
        return bytes
      case 'damaged':
        return damage(this.#chance, bytes)
      case 'junk':
        return junkBytes(this.#chance, this.#chance.between(0, 500))
      case 'large':
        return Buffer.alloc(this.#chance.of([65_536, 65_537, 100_000]) ?? 0, 'x')
      case 'bomb':
        headers['content-encoding'] = 'gzip'
        return gzipSync(Buffer.alloc(5_000_000, ' '))
    }
  }

  /** Another method, or a path that is nearly one of the API. */
  #astray(request: FuzzRequest): FuzzRequest {
    const { method, path } = request
    switch (this.#chance.weighted({ method: 3, path: 3, outside: 2 })) {
      case 'method': {
        const other = this.#chance.of(['PATCH', 'OPTIONS', 'HEAD', 'DELETE', 'PROPFIND', 'GET']) ?? method
        return { ...request, method: other }
      }
      case 'path':
        return {
          ...request,
          path: this.#chance.of([`${path}/`, `/${path}`, `${path}%00`, `${path}%ff`, '*']) ?? path,
        }
      case 'outside':
        return { method: 'GET', path: this.#chance.of(OUTSIDE) ?? '/', headers: request.headers }
    }
  }
}

/** The document says it with its errors: `read_forbidden: The token may not …`. */
function rightFor({ responses }: PlacedOperation): Right {
  const { description = '' } = responses['403'] ?? {}
  if (description.includes('admin_required')) return 'admin'
  return description.includes('publish_forbidden') ? 'publish' : 'read'
}

const OTHER_TYPES = [
  ...['', 'application/json; charset=utf-16', 'text/plain; charset=gbk', 'text/plain; charset=nothing', 'x'],
  ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/octet-stream'],
  ...['text/markdown', 'application/xml', 'application/json;;;'],
]

const OUTSIDE = [
  ...['/', '/docs', '/openapi.json', '/healthz', '/readyz', '/metrics', '/v1/socket', '/favicon.ico', '/..'],
  ...['/%2e%2e/etc/passwd', '/v1', '/v2/me', '/docs/../v1/me', '/v1/receipts/jpush', '/%', '/%E0%A4%A'],
]
