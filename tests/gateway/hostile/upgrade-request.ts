const HEADERS = [
  ...['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: herald.v1'],
].join('\r\n')

/** The request that opens a websocket. */
export const upgradeOf = (path = '/v1/socket'): string => `GET ${path} HTTP/1.1\r\n${HEADERS}\r\n\r\n`
