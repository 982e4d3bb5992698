// The far end of bench/apns.mjs: answers 200 to everything, with as little work as Node's HTTP/2 server can do, in a
// process of its own. The strict fake judges each push, and would be what is measured.
import { createSecureServer } from 'node:http2'

const STREAMS = 1000

process.once('message', (certificate) => {
  const server = createSecureServer({ ...certificate, settings: { maxConcurrentStreams: 1 } })
  const proven = new WeakSet()
  let pushes = 0
  server.on('stream', (stream, headers) => {
    pushes += 1
    stream.resume()
    stream.respond({ ':status': 200, 'apns-id': headers['apns-id'] }, { endStream: true })
    if (proven.has(stream.session)) return
    proven.add(stream.session)
    stream.session.settings({ maxConcurrentStreams: STREAMS })
  })
  server.on('sessionError', () => undefined) // a client that was ended
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  process.on('message', () => process.send({ pushes, cpu: process.cpuUsage() }))
})
