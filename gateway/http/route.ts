import type { ErrorCode, User } from '@herald/protocol'
import type { FastifyRequest } from 'fastify'
import type * as v from 'valibot'
import type { AuditChange } from '../process/audit'
import type { Principal } from '../contracts/directory'
import type { OptionSource } from './message-options'

/**
 * Who may call a route. `public`: anybody. `token`: any valid token. `publish`: a token that may publish to the
 * `{feed}` of the path. `read`: a token that acts as its user. `admin`: a token with the admin right.
 */
export type Right = 'public' | 'token' | 'publish' | 'read' | 'admin'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** The token behind a request; on `read` routes it has a user. */
export type Caller<R extends Right> = R extends 'public'
  ? null
  : R extends 'read'
    ? Principal & { readonly user: User }
    : Principal

/** One request that was found to be allowed and well-formed. */
export interface Call<R extends Right, Body, Query> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  readonly caller: Caller<R>
  readonly request: FastifyRequest
  /** Leaves a line about a change that was made. @param target its id @param user whose it is, unless it is a user. */
  readonly audit: (event: AuditChange, target: string, user?: string | null) => void
}

/** What a route answers; without a body it is empty. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One success that a route may answer. `schema` undefined: no body. */
export interface AnswerSpec {
  readonly meaning: string
  readonly schema?: v.GenericSchema
}

/** Turns a text body and its options into what the body schema then checks. */
export type ReadText = (body: TextBody, source: OptionSource) => unknown

/**
 * One route of the API. The server, /openapi.json, /docs, the 405 answers and the tests' table of rights are all
 * made from these, so that none of them can say something else.
 */
export interface Route<
  R extends Right = Right,
  Body extends v.GenericSchema = v.GenericSchema,
  Query extends v.GenericSchema = v.GenericSchema,
> {
  readonly method: Method
  /** With parameters in braces, as OpenAPI writes them: `/v1/feeds/{feed}/messages`. */
  readonly path: string
  readonly right: R
  /** One line for a person. */
  readonly summary: string
  readonly body?: Body
  /** Whether an absent body counts as `{}`. */
  readonly bodyOptional?: boolean
  /** Largest body, bytes, where it is less than MAX_BODY_BYTES. */
  readonly maxBodyBytes?: number
  readonly readText?: ReadText
  readonly query?: Query
  readonly headers?: readonly HeaderSpec[]
  readonly answers: Readonly<Record<number, AnswerSpec>>
  /** Errors of this route beside those that its right, body and query bring along. */
  readonly errors?: readonly ErrorCode[]
  handle(call: Call<R, v.InferOutput<Body>, v.InferOutput<Query>>): Answer | Promise<Answer>
}

/** A request header that a route understands. */
export interface HeaderSpec {
  readonly name: string
  readonly meaning: string
}

/** Names a route's types by its schemas, and forgets them, so that routes of all kinds fit in one list. */
export function route<
  const R extends Right,
  Body extends v.GenericSchema = v.GenericSchema<undefined>,
  Query extends v.GenericSchema = v.GenericSchema<undefined>,
>(spec: Route<R, Body, Query>): Route {
  return spec
}

/** A text body that the publish route may read, as the content-type parsers leave it. */
export class TextBody {
  readonly text: string
  /** Whether it came as a form, which is what `curl -d` says about everything. */
  readonly asForm: boolean
  /** Whether its media type says that it is markdown. */
  readonly isMarkdown: boolean

  constructor(text: string, { asForm = false, isMarkdown = false } = {}) {
    this.text = text
    this.asForm = asForm
    this.isMarkdown = isMarkdown
  }
}
