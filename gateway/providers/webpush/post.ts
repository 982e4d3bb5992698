import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** More of an answer than this says nothing to anybody. */
const MAX_ANSWER_BYTES = 4096

export interface PostAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** The beginning of the body. */
  readonly text: string
}

/** No answer came. `sent`: a connection stood, so the service may have taken the push. */
export class PostFailure extends Error {
  override readonly name = 'PostFailure'
  readonly sent: boolean

  constructor(message: string, sent: boolean, cause: unknown) {
    super(message, { cause })
    this.sent = sent
  }
}

interface Post {
  readonly method: 'POST' | 'GET'
  readonly url: URL
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string | number>>
  readonly body?: Buffer
}

/** One request over a kept connection. node:http follows no redirect. Throws PostFailure. */
export function post({ method, url, agent, headers, body }: Post, signal: AbortSignal): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    let sent = false
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest
    const outgoing = open(url, { method, agent, headers, signal }, (answer) => {
      readStart(answer, (text) => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      })
    })
    outgoing.on('socket', (socket) => {
      const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect'
      if (outgoing.reusedSocket) sent = true
      else socket.once(ready, () => (sent = true))
    })
    outgoing.on('error', (error) => {
      reject(new PostFailure(reasonOf(error, signal), sent, error))
    })
    outgoing.end(body)
  })
}

/** Reads the beginning of a body; once the status is known, a body that breaks off changes nothing. */
function readStart(answer: IncomingMessage, done: (text: string) => void): void {
  let text = ''
  answer.setEncoding('utf8')
  answer.on('data', (chunk: string) => {
    text += chunk
    if (text.length > MAX_ANSWER_BYTES) answer.destroy()
  })
  answer.on('error', () => undefined) // 'close' follows
  answer.on('close', () => {
    done(text.slice(0, MAX_ANSWER_BYTES))
  })
}

function reasonOf(error: Error, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time'
  return `no answer: ${'code' in error ? String(error.code) : error.message}`
}
