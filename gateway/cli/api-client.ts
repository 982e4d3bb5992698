import { ErrorBodySchema } from '@herald/protocol'
import { setTimeout as wait } from 'node:timers/promises'
import * as v from 'valibot'
import { CliError } from './cli-error'
import { printable } from './output'
import type { Target } from './target'

const TIMEOUT_MS = 15_000

/** How often a request that is safe to repeat is tried, and the longest wait in between (ms). */
const MAX_TRIES = 4
const MAX_WAIT_MS = 5000

interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Talks to a gateway's HTTP API. Failures are CliErrors. */
export class ApiClient {
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
  }

  get url(): string {
    return this.#target.url
  }

  /** One request; the answer is checked against its schema, so that a stranger's server is found out. */
  async ask<Schema extends v.GenericSchema>(
    request: Request,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> {
    const response = await this.#send(request)
    const parsed = v.safeParse(schema, await readJson(response))
    if (!parsed.success) throw new CliError(`${this.url} answers, but not as Herald does`, 2)
    return parsed.output
  }

  /** One request whose answer has no body. */
  async tell(request: Request): Promise<void> {
    await this.#send(request)
  }

  /** A request that may be sent again: tried a few times while the gateway is away or says "later". */
  async askPatiently<Schema extends v.GenericSchema>(
    request: Request,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ask(request, schema)
      } catch (error) {
        const waitMs = error instanceof RetryableError ? error.waitMs : undefined
        if (waitMs === undefined || waitMs > MAX_WAIT_MS || attempt === MAX_TRIES) throw error
        await wait(waitMs)
      }
    }
  }

  async #send({ method, path, body, headers }: Request): Promise<Response> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#target.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      // A redirect would carry the token to an address that nobody named.
      redirect: 'error',
    }).catch((error: unknown) => {
      throw unreachable(this.url, error)
    })
    if (!response.ok) throw await refusal(response, this.url)
    return response
  }
}

/** Worth another try after `waitMs`. */
class RetryableError extends CliError {
  readonly waitMs: number

  constructor(error: CliError, waitMs: number) {
    super(error.message, error.exitCode, error.code)
    this.waitMs = waitMs
  }
}

function unreachable(url: string, error: unknown): CliError {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const timedOut = error instanceof Error && error.name === 'TimeoutError'
  const why = timedOut
    ? `no answer within ${String(TIMEOUT_MS / 1000)} s`
    : code || (cause instanceof Error ? cause.message : '')
  const failure = new CliError(`cannot reach a gateway at ${url} (${why}); is it running?`, 2)
  // Nobody listens: a gateway that restarts is back within seconds, so one more look is worth it.
  return code === 'ENOTFOUND' ? failure : new RetryableError(failure, 700)
}

async function refusal(response: Response, url: string): Promise<CliError> {
  const parsed = v.safeParse(ErrorBodySchema, await readJson(response))
  if (!parsed.success)
    return new CliError(`${url} answers ${String(response.status)}, but not as Herald does`, 2)
  const { code, message, retryable } = parsed.output.error
  const error = new CliError(printable(message), 1, printable(code))
  if (!retryable) return error
  return new RetryableError(error, Number(response.headers.get('retry-after') ?? 1) * 1000)
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    // No JSON is told apart by the schema that follows.
    return undefined
  }
}
