// What most people write: a loop over `ws.send`. Nothing is stored, nobody is asked who they are.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

const feeds = new Map<string, Set<WebSocket>>()
const feedOf = (url: string | undefined): string => (url ?? '').split('/')[2] ?? ''

const http = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const text = Buffer.concat(parts).toString()
    for (const socket of feeds.get(feedOf(request.url)) ?? []) socket.send(text)
    response.writeHead(201, { 'content-length': 0 }).end()
  })
})
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
sockets.on('connection', (socket, request) => {
  const feed = feedOf(request.url)
  const members = feeds.get(feed) ?? new Set()
  feeds.set(feed, members.add(socket))
  socket.on('close', () => members.delete(socket))
})
http.listen(0, '127.0.0.1', 4096, () => process.send?.((http.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
