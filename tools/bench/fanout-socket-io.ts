// Socket.IO as its guide has it: `io.emit` to everybody, or to a room. Nothing is stored, nobody is asked who they are.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'

const http = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const room = (request.url ?? '').split('/')[2] ?? ''
    const everybody = room === 'all'
    ;(everybody ? io : io.to(room)).emit('message', Buffer.concat(parts).toString())
    response.writeHead(201, { 'content-length': 0 }).end()
  })
})
const io = new Server(http, { transports: ['websocket'], serveClient: false })
io.on('connection', (socket) => {
  const { room } = socket.handshake.query
  if (typeof room === 'string') void socket.join(room)
})
http.listen(0, '127.0.0.1', 4096, () => process.send?.((http.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
