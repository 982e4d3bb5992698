// How fast the load generator is by itself: a server that writes bytes made beforehand, as few and as large as sockets
// take them, and does nothing else. It speaks just enough HTTP for the upgrade and for a publish.
import { createHash } from 'node:crypto'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** RFC 6455 §1.3. */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const subscribers = new Set<Socket>()
let texts: string[] = []

/** A server's text frame of at least 126 bytes. */
function frame(text: string): Buffer {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x81, 126, body.length >> 8, body.length & 0xff]), body])
}

/** Everything that was published within one turn goes to everybody in one write. */
function flush(): void {
  const bytes = Buffer.concat(texts.map(frame))
  texts = []
  for (const socket of subscribers) socket.write(bytes)
}

function onUpgrade(socket: Socket, key: string): void {
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  subscribers.add(socket)
}

function onRequest(socket: Socket, request: string): void {
  const key = /^Sec-WebSocket-Key: (.+)\r$/im.exec(request)?.[1]
  if (key !== undefined) {
    onUpgrade(socket, key)
    return
  }
  if (texts.length === 0) setImmediate(flush)
  texts.push(request.slice(request.indexOf('\r\n\r\n') + 4))
  socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')
}

// The generator writes a request whole, and loopback keeps it so.
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => onRequest(socket, bytes.toString('latin1')))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => subscribers.delete(socket))
})
server.listen(0, '127.0.0.1', 4096, () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
