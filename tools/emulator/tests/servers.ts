import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

/** A real websocket server that keeps its sockets and what they said. */
export async function openSocketServer() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise((done) => server.once('listening', done))
  const sockets: WebSocket[] = []
  const requests: IncomingMessage[] = []
  const messages: string[] = []
  let pongs = 0
  server.on('connection', (socket, request) => {
    sockets.push(socket)
    requests.push(request)
    socket.on('message', (data: Buffer) => messages.push(data.toString()))
    socket.on('pong', () => (pongs += 1))
  })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    requests,
    messages,
    pongs: () => pongs,
    close: () =>
      new Promise<void>((done) => {
        for (const socket of sockets) socket.terminate()
        server.close(() => done())
      }),
  }
}

/** A real HTTP server that answers with what it was sent. */
export async function openEchoServer() {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      response.writeHead(201, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ method: request.method, body }))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/echo`,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
