// The far end of tools/bench/apns.ts: answers 200 to everything, with as little work as Node's HTTP/2 server can do, in a
// process of its own. The strict fake judges each push, and would be what is measured.
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { LocalCertificate } from '@herald/push-fakes/certificate'

const STREAMS = 1000

process.once('message', (certificate: LocalCertificate) => {
  const server = createSecureServer({ ...certificate, settings: { maxConcurrentStreams: 1 } })
  const proven = new WeakSet()
  let pushes = 0
  server.on('stream', (stream, headers) => {
    const { session } = stream
    pushes += 1
    stream.resume()
    stream.respond({ ':status': 200, 'apns-id': headers['apns-id'] }, { endStream: true })
    if (session === undefined || proven.has(session)) return
    proven.add(session)
    session.settings({ maxConcurrentStreams: STREAMS })
  })
  server.on('sessionError', () => undefined) // a client that was ended
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('message', () => process.send?.({ pushes, cpu: process.cpuUsage() }))
})
// The bench has ended, however it did.
process.once('disconnect', () => process.exit())
