import {
  ErrorBodySchema,
  isErrorCode,
  FeedStateSchema,
  HistoryPageSchema,
  MAX_PAGE,
  MeSchema,
  MessageSchema,
  ReadAnswerSchema,
  SignedInSchema,
  SignInPeekSchema,
  TopicListSchema,
  type ErrorCode,
  type FeedState,
  type HistoryPage,
  type Me,
  type Message,
  type ReadAnswer,
  type ReadRanges,
  type SignedIn,
  type SignInPeek,
  type TopicList,
} from '@herald/protocol'
import * as v from 'valibot'
import { ApiError } from './api-error'
import { HostNotListed, type HttpAnswer, type HttpRequest, type SendRequest } from './http'

/** How long an answer may take. */
export const REQUEST_TIMEOUT_MS = 15_000

/** Where a page of history begins: below or above a seq, neither of which is in it. */
export type PagePosition = { readonly before: number } | { readonly after: number }

/** The gateway's HTTP API for one user. Every method throws ApiError and nothing else. */
export class GatewayApi {
  readonly #send: SendRequest
  readonly #server: string
  readonly #token: () => string | null
  readonly #onRefused: (code: ErrorCode, token: string | null) => void

  /**
   * @param server address without a slash at the end.
   * @param token asked for at each request: a session gets new ones.
   * @param onRefused called when the gateway says that a token is no good (any more), with that token.
   */
  constructor(
    send: SendRequest,
    server: string,
    token: () => string | null,
    onRefused: (code: ErrorCode, token: string | null) => void = () => undefined,
  ) {
    this.#send = send
    this.#server = server
    this.#token = token
    this.#onRefused = onRefused
  }

  /** Exchanges the code of a sign-in link for a token. `label` names the token in lists. */
  signIn(code: string, label: string): Promise<SignedIn> {
    return this.call(SignedInSchema, 'POST', '/v1/sign-in', { code, label })
  }

  /** Whose the code of a sign-in link is; the code still works. */
  peekSignIn(code: string): Promise<SignInPeek> {
    return this.call(SignInPeekSchema, 'POST', '/v1/sign-in/peek', { code })
  }

  me(): Promise<Me> {
    return this.call(MeSchema, 'GET', '/v1/me')
  }

  history(feed: string, position: PagePosition, limit = MAX_PAGE): Promise<HistoryPage> {
    const [name, seq] = 'before' in position ? ['before', position.before] : ['after', position.after]
    const query = `${name}=${String(seq)}&limit=${String(limit)}`
    return this.call(HistoryPageSchema, 'GET', `/v1/feeds/${encodeURIComponent(feed)}/messages?${query}`)
  }

  message(id: string): Promise<Message> {
    return this.call(MessageSchema, 'GET', `/v1/messages/${encodeURIComponent(id)}`)
  }

  topics(): Promise<TopicList> {
    return this.call(TopicListSchema, 'GET', '/v1/feeds')
  }

  /** Follows a feed; `muted` undefined leaves that as it is. */
  follow(feed: string, muted?: boolean): Promise<FeedState> {
    const body = muted === undefined ? {} : { muted }
    return this.call(FeedStateSchema, 'PUT', `/v1/me/feeds/${encodeURIComponent(feed)}`, body)
  }

  async unfollow(feed: string): Promise<void> {
    await this.call(v.unknown(), 'DELETE', `/v1/me/feeds/${encodeURIComponent(feed)}`)
  }

  read(feed: string, epoch: string, ranges: ReadRanges): Promise<ReadAnswer> {
    return this.call(ReadAnswerSchema, 'POST', '/v1/me/read', { feed, epoch, ranges })
  }

  /** Takes back how this device is rung. */
  async forgetDevice(id: string): Promise<void> {
    await this.call(v.unknown(), 'DELETE', `/v1/me/devices/${encodeURIComponent(id)}`)
  }

  async revokeToken(id: string): Promise<void> {
    await this.call(v.unknown(), 'DELETE', `/v1/tokens/${encodeURIComponent(id)}`)
  }

  /** Sends a request and reads its answer by a schema; for what has no method here. */
  async call<Schema extends v.GenericSchema>(
    schema: Schema,
    method: HttpRequest['method'],
    path: string,
    body?: unknown,
  ): Promise<v.InferOutput<Schema>> {
    const token = this.#token()
    const answer = await this.#request(method, path, body, token)
    const json = parseJson(answer.text)
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(answer, json, token)
    const parsed = v.safeParse(schema, json)
    if (!parsed.success) throw new ApiError('not_herald', false, `${method} ${path}: unexpected answer`)
    return parsed.output
  }

  async #request(
    method: HttpRequest['method'],
    path: string,
    body: unknown,
    token: string | null,
  ): Promise<HttpAnswer> {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (token !== null) headers.Authorization = `Bearer ${token}`
    try {
      return await this.#send({
        method,
        url: this.#server + path,
        headers,
        body,
        timeoutMs: REQUEST_TIMEOUT_MS,
      })
    } catch (error) {
      if (error instanceof HostNotListed) throw new ApiError('host_not_listed', false)
      // Off line, time-out, DNS, TLS, CORS: no platform tells them apart.
      throw new ApiError('server_unreachable', true)
    }
  }

  #refusal(answer: HttpAnswer, json: unknown, token: string | null): ApiError {
    const parsed = v.safeParse(ErrorBodySchema, json)
    if (!parsed.success) {
      // A proxy in front of a gateway that is down answers in its own words.
      return answer.status >= 500
        ? new ApiError('server_unreachable', true)
        : new ApiError('not_herald', false)
    }
    const { code, message, retryable } = parsed.output.error
    const known = isErrorCode(code) ? code : 'internal'
    if (endsSession(known)) this.#onRefused(known, token)
    return new ApiError(known, retryable, message)
  }
}

/** Whether an error says that nobody can go on with this token. */
const endsSession = (code: ErrorCode): boolean =>
  code === 'token_invalid' || code === 'token_expired' || code === 'token_revoked' || code === 'user_disabled'

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the schema that reads it says so. An empty 204 ends here too.
    return undefined
  }
}
