import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { cutParsed } from '../../../gateway/process/end-socket'

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
