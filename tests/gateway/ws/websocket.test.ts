import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from '../../../gateway/ws/wire/websocket'
import { startSocketServer } from './socket-server'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

/** The example of RFC 6455 §1.3. */
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

const request = (changes: Record<string, string | undefined> = {}, method = 'GET'): string => {
  const headers: Record<string, string | undefined> = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Protocol': 'chat, herald.v1',
    ...changes,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return `${method} /v1/socket HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** A bare TCP client, which can break the rules of websockets. */
class RawClient {
  readonly socket: Socket
  readonly ended: Promise<void>
  #bytes = Buffer.alloc(0)

  constructor(url: string) {
    const { port } = new URL(url)
    this.socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes])
    })
    this.socket.on('error', () => {
      // The gateway may reset what it has given up; 'close' follows.
    })
    this.ended = new Promise((resolve) => {
      this.socket.once('end', resolve)
      this.socket.once('close', () => {
        resolve()
      })
    })
    onTestFinished(() => {
      this.socket.destroy()
    })
  }

  /** Everything that came, once it matches. */
  async hears(what: RegExp): Promise<string> {
    await expect.poll(() => what.test(this.#bytes.toString('latin1'))).toBe(true)
    return this.#bytes.toString('latin1')
  }

  /** The frames behind the handshake's answer. */
  get frames(): Buffer {
    return this.#bytes.subarray(this.#bytes.indexOf('\r\n\r\n') + 4)
  }
}

/** A masked frame of at most 125 bytes; the mask is zeros. */
const frame = (opcode: number, payload: string | Buffer): Buffer => {
  const body = Buffer.from(payload)
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | body.length, 0, 0, 0, 0]), body])
}

async function open(): Promise<RawClient> {
  const { url } = await startSocketServer()
  const client = new RawClient(url)
  client.socket.write(request())
  await client.hears(/101 Switching Protocols[^]*\r\n\r\n/)
  return client
}

describe('the opening handshake', () => {
  it('proves itself by the key, and agrees on our subprotocol', async () => {
    const { url } = await startSocketServer()
    const client = new RawClient(url)
    client.socket.write(request())
    const answer = await client.hears(/\r\n\r\n/)
    expect(answer).toContain(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`)
    expect(answer).toContain('Sec-WebSocket-Protocol: herald.v1\r\n')
  })

  it.each([
    ['a method that is not GET', request({}, 'POST'), /405 [^]*Allow: GET[^]*"method_not_allowed"/],
    [
      'another version',
      request({ 'Sec-WebSocket-Version': '8' }),
      /426 [^]*Sec-WebSocket-Version: 13[^]*"upgrade_required"/,
    ],
    ['no key', request({ 'Sec-WebSocket-Key': undefined }), /400 [^]*"invalid_header"/],
    ['a key of another length', request({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }), /400 [^]*"invalid_header"/],
    ['another protocol', request({ Upgrade: 'h2c' }), /400 [^]*"invalid_header"/],
    [
      'a broken list of subprotocols',
      request({ 'Sec-WebSocket-Protocol': 'herald.v1,,x' }),
      /400 [^]*"invalid_header"/,
    ],
    ['a second Host', request().replace('Host:', 'Host: other\r\nHost:'), /400 [^]*"invalid_header"/],
  ])('refuses %s', async (_name, bytes, answer) => {
    const { url } = await startSocketServer()
    const client = new RawClient(url)
    client.socket.write(bytes)
    expect(await client.hears(answer)).toContain('"retryable":false')
    await client.ended
  })

  it('reads frames that come in one piece with the request', async () => {
    const { url } = await startSocketServer()
    const client = new RawClient(url)
    client.socket.write(Buffer.concat([Buffer.from(request()), frame(9, 'early')]))
    await client.hears(/early$/)
    expect(client.frames[0]).toBe(0x8a)
  })
})

describe('an open websocket', () => {
  it('answers a ping with its payload', async () => {
    const client = await open()
    client.socket.write(frame(9, 'are you there'))
    await client.hears(/are you there$/)
    expect([...client.frames.subarray(0, 2)]).toEqual([0x8a, 13])
  })

  it('answers a close frame with the same code, and ends the connection', async () => {
    const client = await open()
    client.socket.write(frame(8, Buffer.from([0x0f, 0xa1])))
    await client.ended
    expect([...client.frames]).toEqual([0x88, 2, 0x0f, 0xa1])
  })

  it('answers a close frame without a code by 1000', async () => {
    const client = await open()
    client.socket.write(frame(8, ''))
    await client.ended
    expect([...client.frames]).toEqual([0x88, 2, 0x03, 0xe8])
  })

  it('takes nothing more behind a close frame', async () => {
    const client = await open()
    client.socket.write(
      Buffer.concat([frame(8, Buffer.from([0x03, 0xe8])), frame(1, '{"type":"dance"}'), frame(9, 'x')]),
    )
    await client.ended
    expect([...client.frames]).toEqual([0x88, 2, 0x03, 0xe8])
  })

  it('closes with 1002 what breaks the framing, and ends the connection', async () => {
    const client = await open()
    client.socket.write(Buffer.from([0x81, 0x01, 0x78]))
    await client.ended
    expect([...client.frames]).toEqual([0x88, 2, 0x03, 0xea])
  })

  it('closes with 1007 a text that is not UTF-8', async () => {
    const client = await open()
    client.socket.write(frame(1, Buffer.from([0xff])))
    await client.ended
    expect([...client.frames]).toEqual([0x88, 2, 0x03, 0xef])
  })

  it('ends a connection whose peer ended it without a word', async () => {
    const client = await open()
    client.socket.end()
    await client.ended
    expect(client.frames).toHaveLength(0)
  })
})

/** A websocket on a socket of its own, with the owner's calls. */
async function openPair() {
  const owner = {
    ...{ onFrame: vi.fn(() => true), onText: vi.fn(), onBinary: vi.fn(), onTooLarge: vi.fn() },
    ...{ onEnded: vi.fn(), onProblem: vi.fn(), onBreach: vi.fn(), onSocketClosed: vi.fn() },
  }
  const server = createServer({ allowHalfOpen: true })
  const opened = new Promise<{ websocket: WebSocket; accepted: Socket }>((resolve) => {
    server.on('connection', (accepted) => {
      const websocket = new WebSocket(accepted)
      websocket.listen(owner, Buffer.alloc(0))
      resolve({ websocket, accepted })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  const client = new RawClient(`ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  return { owner, client, ...(await opened) }
}

describe('a websocket that closes', () => {
  it('is ended when its peer does not end it in 2 s, and not before', async () => {
    const { owner, client, websocket } = await openPair()
    websocket.checkDeadline(0)
    websocket.close(4001, 'idle')
    websocket.checkDeadline(1000)
    websocket.checkDeadline(3000)
    await client.hears(/idle/)
    expect(owner.onSocketClosed).not.toHaveBeenCalled()
    websocket.checkDeadline(3001)
    await expect.poll(() => owner.onSocketClosed.mock.calls).toEqual([[1006]])
  })

  it('sends one close frame, and reads nothing more', async () => {
    const { owner, client, websocket } = await openPair()
    websocket.close(4001, 'idle')
    websocket.close(4002, 'slow_reader')
    expect(await client.hears(/idle/)).not.toContain('slow')
    client.socket.end(
      Buffer.concat([frame(1, 'late'), frame(9, 'late'), frame(8, Buffer.from([0x0f, 0xa1]))]),
    )
    await expect.poll(() => owner.onSocketClosed.mock.calls).toHaveLength(1)
    expect(owner.onFrame).not.toHaveBeenCalled()
    expect(owner.onText).not.toHaveBeenCalled()
  })

  it('is cut when its peer goes on sending', async () => {
    const { owner, client, websocket } = await openPair()
    websocket.close(4001, 'idle')
    const bytes = Buffer.alloc(64 * 1024)
    const flood = (): void => {
      while (!client.socket.destroyed && client.socket.write(bytes));
    }
    client.socket.on('drain', flood)
    flood()
    await expect.poll(() => owner.onSocketClosed.mock.calls).toHaveLength(1)
    expect(owner.onBreach.mock.calls).toEqual([['flood']])
  })
})

describe('what ends a websocket by the peer', () => {
  it.each([
    ['a close frame', frame(8, Buffer.from([0x0f, 0xa1])), 4001],
    ['broken framing', Buffer.from([0x81, 0x01, 0x78]), 1002],
  ])(
    'is told to the owner at once, who must not write behind our close frame: %s',
    async (_name, bytes, code) => {
      const { owner, client } = await openPair()
      client.socket.write(bytes)
      await expect.poll(() => owner.onEnded.mock.calls).toEqual([[code]])
      expect(owner.onSocketClosed).not.toHaveBeenCalled()
    },
  )
})

describe('pings', () => {
  it('cost the owner’s budget like every other frame, pongs and parts too', async () => {
    const { owner, client } = await openPair()
    const part = Buffer.from([0x01, 0x80, 0, 0, 0, 0])
    client.socket.write(Buffer.concat([frame(9, 'a'), frame(10, 'b'), part, frame(0, 'c')]))
    await expect.poll(() => owner.onText.mock.calls).toHaveLength(1)
    expect(owner.onFrame).toHaveBeenCalledTimes(4)
  })

  it('that come while a pong is on its way are answered by one pong, for the newest', async () => {
    const { client, websocket } = await openPair()
    client.socket.write(Buffer.concat(['one', 'two', 'three'].map((words) => frame(9, words))))
    await client.hears(/three$/)
    websocket.close(1000, 'end')
    expect(await client.hears(/end$/)).not.toContain('two')
  })

  it('of a peer that never reads leave one pong, and not one for each', async () => {
    const { owner, client, websocket, accepted } = await openPair()
    client.socket.pause()
    const full = (): boolean => accepted.writableLength > 0
    while (!full()) {
      accepted.write(Buffer.alloc(256 * 1024))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const before = accepted.writableLength
    const pings = Array.from({ length: 1000 }, () => frame(9, 'x'.repeat(100)))
    client.socket.write(Buffer.concat(pings))
    await expect.poll(() => owner.onFrame.mock.calls).toHaveLength(1000)
    expect(accepted.writableLength - before).toBeLessThanOrEqual(102)
    websocket.terminate()
  })
})
