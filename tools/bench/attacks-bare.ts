// The least that an HTTP server on Node can be: what an attack costs here, no program of ours can make cheaper.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const http = createServer((_request, response) => {
  response.end('{}')
})
http.listen(0, '127.0.0.1', 4096, () => process.send?.((http.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
