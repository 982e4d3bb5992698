import { errors, isErrorCode } from '@herald/protocol'

export interface FuzzAnswer {
  readonly status: number
  readonly text: string
}

/** The only failures of the gateway itself that a client may meet: they pass, and say so. */
const PASSING = 503

/** What is wrong with an answer; undefined: it is as PROTOCOL.md says. */
export function judgeAnswer({ status, text }: FuzzAnswer, isHead = false): string | undefined {
  if (status >= 500 && status !== PASSING) return `${status} ${text}`
  if (status < 400 || isHead) return undefined
  const error = readError(text)
  if (error === undefined) return `${status} without the error body of the protocol: ${text.slice(0, 300)}`
  const { code, retryable } = error
  if (!isErrorCode(code)) return `${status} with the unknown code ${code}`
  if (errors[code].status !== status) return `${status} with ${code}, which is ${errors[code].status}`
  if (errors[code].retryable !== retryable) return `${code} is called retryable: ${String(retryable)}`
  return undefined
}

function readError(text: string): { code: string; retryable: boolean } | undefined {
  try {
    const { error } = JSON.parse(text) as {
      error?: { code?: unknown; message?: unknown; retryable?: unknown }
    }
    const { code, message, retryable } = error ?? {}
    const isWhole =
      typeof code === 'string' &&
      typeof message === 'string' &&
      message !== '' &&
      typeof retryable === 'boolean'
    return isWhole ? { code, retryable } : undefined
  } catch {
    // No JSON: no error body.
    return undefined
  }
}
