import { createServer, IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { cutParsed, takeNoParts } from '../../../gateway/process/end-socket'

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

it('looks at no request behind the one at which it cuts a connection, though the parser has them in hand', async () => {
  let seen = 0
  const server = createServer(({ socket }) => {
    seen += 1
    if (seen === 3) cutParsed(socket)
  })
  onTestFinished(() => {
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ask = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    const gone = new Promise((resolve) => socket.once('close', resolve))
    socket.write(REQUEST.repeat(1000))
    await gone
  }
  await ask()
  expect(seen).toBe(3)
  // The next connection may get the same parser, which reads again.
  seen = 1
  await ask()
  expect(seen).toBe(3)
})

const PARTS = 10_000
const IN_PARTS = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'

it('is told of no part of a body behind the one at which it stops, and of all of the next body', async () => {
  const parts: number[] = []
  class CountedRequest extends IncomingMessage {
    override push(part: Buffer | null): boolean {
      if (part === null) return super.push(null)
      const count = (parts.at(-1) ?? 0) + 1
      parts.splice(-1, 1, count)
      if (count === 3) takeNoParts(this.socket)
      return true
    }
  }
  const server = createServer({ IncomingMessage: CountedRequest }, (request) => {
    parts.push(0)
    request.resume()
  })
  server.on('upgrade', (_request, socket) => socket.destroy())
  onTestFinished(() => {
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const send = (words: string): Promise<unknown> => {
    const socket = connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .resume()
    const gone = new Promise((resolve) => socket.once('close', resolve))
    socket.end(IN_PARTS + words)
    return gone
  }
  // An upgrade behind the body takes the parser away while the connection is still there.
  await send(
    `${'1\r\na\r\n'.repeat(PARTS)}0\r\n\r\nGET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`,
  )
  expect(parts).toEqual([3])
  await send('1\r\na\r\n1\r\nb\r\n')
  expect(parts).toEqual([3, 2])
})
