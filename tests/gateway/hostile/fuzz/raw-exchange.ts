import { connect } from 'node:net'
import type { FuzzAnswer } from './answers'

/** Sends bytes, ends this half, and reads until the gateway ends the other. Undefined: it did not in time. */
export async function exchange(url: string, bytes: Buffer, limitMs: number): Promise<Buffer | undefined> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
  const parts: Buffer[] = []
  const isOver = new Promise<true>((resolve) => {
    for (const event of ['end', 'close', 'error'] as const)
      socket.on(event, () => {
        resolve(true)
      })
  })
  const late = new AbortController()
  const isLate = new Promise<false>((resolve) => {
    const timer = setTimeout(resolve, limitMs, false)
    late.signal.addEventListener('abort', () => {
      clearTimeout(timer)
    })
  })
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.end(bytes)
  const inTime = await Promise.race([isOver, isLate])
  late.abort()
  socket.destroy()
  return inTime ? Buffer.concat(parts) : undefined
}

/** The answers that stand one behind the other in what came; interim ones (RFC 9110 §15.2) are left out. */
export function readAnswers(bytes: Buffer): FuzzAnswer[] {
  const answers: FuzzAnswer[] = []
  let rest = bytes
  while (rest.length > 0) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0) return answers
    const head = rest.toString('latin1', 0, headEnd)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    const body = rest.subarray(headEnd + 4)
    if (status === 101) return answers
    const { text, length } = readBody(head, body, status)
    if (!(status < 200)) answers.push({ status, text })
    rest = body.subarray(length)
  }
  return answers
}

function readBody(head: string, body: Buffer, status: number): { text: string; length: number } {
  if (status < 200 || status === 204 || status === 304) return { text: '', length: 0 }
  if (!/^transfer-encoding: *chunked/im.test(head)) {
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? body.length)
    return { text: body.toString('utf8', 0, length), length }
  }
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at)
    if (lineEnd < 0) return { text: Buffer.concat(parts).toString(), length: body.length }
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16)
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
    if (!(size > 0)) return { text: Buffer.concat(parts).toString(), length: at }
  }
}
