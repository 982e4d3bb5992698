import type { HttpAnswer, SendRequest } from './http'

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<{ readonly status: number; text(): Promise<string> }>

/** HTTP by the browser itself: uni's own wrapper would be in the first load of H5, and adds nothing here. */
export function fetchHttp(fetch: Fetch): SendRequest {
  return async ({ method, url, headers, body, timeoutMs }): Promise<HttpAnswer> => {
    const abort = new AbortController()
    // The time is for the whole answer: a body can stall after its head.
    const timer = setTimeout(() => {
      abort.abort()
    }, timeoutMs)
    try {
      const answer = await fetch(url, {
        method,
        headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: abort.signal,
      })
      return { status: answer.status, text: await answer.text() }
    } finally {
      clearTimeout(timer)
    }
  }
}
