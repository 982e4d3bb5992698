import type { Duplex } from 'node:stream'

/** How long a peer may hold a connection after its last answer, ms. */
const LINGER_MS = 1500

/**
 * Sends the last words on a connection and gives it back. Ending our half is not enough: a peer that does not end its own
 * would hold the descriptor for as long as it likes. What it still sends is thrown away.
 */
export function endSocket(socket: Duplex, words: string): void {
  socket.end(words)
  socket.resume()
  const cut = setTimeout(() => {
    socket.destroy()
  }, LINGER_MS)
  socket.once('close', () => {
    clearTimeout(cut)
  })
}
