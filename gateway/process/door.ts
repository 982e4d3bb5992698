import type { Server } from 'node:net'

/** Node's handle of a connection that has come. */
interface PeerHandle {
  getpeername?: (out: { address?: string }) => number
  close(): void
}

/** Node's handle of a server that listens, which its types do not show. */
interface ListenHandle {
  onconnection?: unknown
}

type TakeConnection = (this: ListenHandle, status: number, peer: PeerHandle | undefined) => void

export interface DoorOptions {
  /** Whether nothing of this address is to be read. */
  readonly isShut: (address: string) => boolean
  readonly onTurnedAway: () => void
  /** Node shows no connection before it has made a socket of it. Told once. */
  readonly onUnguarded: () => void
}

/**
 * Turns connections away before Node makes a socket, a parser and their listeners of each: that takes ten times as long as
 * all else, and some hundreds that had come while the loop was busy kept it for 50 ms. What Node offers itself
 * (`server.blockList`, from 22.13 on) forgets no address. Where a later Node has no such handle they come in, and the cap drops them.
 */
export function guardDoor(server: Server, { isShut, onTurnedAway, onUnguarded }: DoorOptions): void {
  let isTold = false
  const tellOnce = (): void => {
    if (!isTold) onUnguarded()
    isTold = true
  }
  server.on('listening', () => {
    const { _handle: handle } = server as { _handle?: ListenHandle | null }
    const take = handle?.onconnection
    if (!handle || typeof take !== 'function') {
      tellOnce()
      return
    }
    handle.onconnection = function (this: ListenHandle, status, peer) {
      // An error that is thrown in here ends the process.
      if (peer && typeof peer.getpeername !== 'function') tellOnce()
      if (peer && isShut(addressOf(peer))) {
        peer.close()
        onTurnedAway()
      } else (take as TakeConnection).call(this, status, peer)
    } satisfies TakeConnection
  })
}

/** '' when it has gone already, or when its handle tells nobody. */
function addressOf(peer: PeerHandle): string {
  const name: { address?: string } = {}
  peer.getpeername?.(name)
  return name.address ?? ''
}
