import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** `body` is sent as JSON, or as it is when it is a text. */
export interface FakeReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/**
 * What happens to a call instead of its answer. `hang` and `drop` come after the call was taken, unless `taken` is
 * false: nobody answers, or the socket dies.
 */
export type Fault =
  | { readonly type: 'hang'; readonly taken?: boolean }
  | { readonly type: 'drop'; readonly taken?: boolean }
  | { readonly type: 'nonsense' }
  | { readonly type: 'flood' }
  | { readonly type: 'redirect'; readonly to: string }
  | { readonly type: 'reply'; readonly reply: FakeReply }

export interface FakeService {
  /** Without a slash at its end. */
  readonly url: string
  /** Every call that came, faults included. */
  readonly requests: readonly FakeRequest[]
  /** The next call of this kind meets the fault; several wait for their turn. */
  fail(fault: Fault, of?: (request: FakeRequest) => boolean): void
  close(): Promise<void>
}

/** Told of each call that was answered; one that met a fault is told when it was taken all the same. */
export type OnAnswered = (request: FakeRequest, reply: FakeReply) => void

export interface FakeServiceOptions {
  readonly host?: string
  readonly port?: number | undefined
  readonly onAnswered?: OnAnswered | undefined
}

const MAX_BODY_BYTES = 2 * 1024 * 1024
const FLOOD_BYTES = 8 * 1024 * 1024

/** A local HTTP server that can also fail, for the fakes of push services. */
export async function startFakeService(
  answer: (request: FakeRequest) => FakeReply | Promise<FakeReply>,
  { host = '127.0.0.1', port = 0, onAnswered }: FakeServiceOptions = {},
): Promise<FakeService> {
  const requests: FakeRequest[] = []
  const faults: { readonly fault: Fault; readonly of: (request: FakeRequest) => boolean }[] = []

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming)
    requests.push(request)
    const index = faults.findIndex(({ of }) => of(request))
    const fault = index < 0 ? undefined : faults.splice(index, 1)[0]?.fault
    await meet(fault, response, async () => {
      const reply = await answer(request)
      onAnswered?.(request, reply)
      return reply
    })
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      // A fault of the fake must be seen where it is used, and not as a hanging call.
      send(response, { status: 599, body: `fault in the fake: ${String(error)}` })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    requests,
    fail: (fault, of = () => true) => void faults.push({ fault, of }),
    close: async () => {
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function meet(
  fault: Fault | undefined,
  response: ServerResponse,
  answer: () => Promise<FakeReply>,
): Promise<void> {
  if (fault === undefined) {
    send(response, await answer())
  } else if (fault.type === 'hang' || fault.type === 'drop') {
    if (fault.taken !== false) await answer()
    if (fault.type === 'drop') response.destroy()
  } else {
    send(response, replyOf(fault))
  }
}

function replyOf(fault: Exclude<Fault, { type: 'hang' | 'drop' }>): FakeReply {
  switch (fault.type) {
    case 'nonsense':
      return { status: 200, body: '<html>captive portal</html>' }
    case 'flood':
      return { status: 200, body: `{"code":0,"msg":"${'x'.repeat(FLOOD_BYTES)}"}` }
    case 'redirect':
      return { status: 307, headers: { location: fault.to }, body: '' }
    case 'reply':
      return fault.reply
  }
}

function send(response: ServerResponse, { status, headers = {}, body }: FakeReply): void {
  if (response.headersSent) return
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(text)
}

async function readRequest(incoming: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error('the body is too large')
    chunks.push(chunk)
  }
  const url = new URL(incoming.url ?? '/', 'http://fake')
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}
