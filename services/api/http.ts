/** A request as `uni.request` takes it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly timeoutMs: number
}

/** `text` is the body as it came; parsing is the caller's. */
export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/** WeChat asks nothing of a host that is not on the mini-program's list of server domains. */
export class HostNotListed extends Error {}

/**
 * Sends one request. Rejects when no answer came, for whatever cause: platforms do not say which, but for
 * HostNotListed.
 */
export type SendRequest = (request: HttpRequest) => Promise<HttpAnswer>
