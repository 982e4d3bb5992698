/** Answers of push services are some hundred bytes; whoever sends more is not one. */
const MAX_ANSWER_BYTES = 256 * 1024

export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body?: string
}

/** What a service answered. `json` is undefined when the body is no JSON. */
export interface ServiceAnswer {
  readonly status: number
  readonly headers: Headers
  readonly json: unknown
}

/** No whole answer came: nobody knows whether the service has done what it was asked. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure'
}

/**
 * One HTTP call. Redirects are not followed: they would take credentials to wherever the answer says.
 * Throws CallFailure, with a reason that holds no address and no secret.
 */
export async function callService(request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      redirect: 'manual',
      signal,
    })
    const json = parseJson(await readLimited(response))
    return { status: response.status, headers: response.headers, json }
  } catch (error) {
    throw new CallFailure(reasonOf(error, signal), { cause: error })
  }
}

async function readLimited({ body }: Response): Promise<string> {
  if (body === null) return ''
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > MAX_ANSWER_BYTES) {
      await reader.cancel()
      throw new CallFailure(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The caller sees that it is no JSON, and has the status to go by.
    return undefined
  }
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time'
  if (error instanceof CallFailure) return error.message
  // fetch says only "fetch failed"; the system's code is in its cause.
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return `no answer: ${code ?? (cause instanceof Error ? cause.message : 'unknown reason')}`
}
