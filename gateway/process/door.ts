import type { Server } from 'node:net'

/** Node's handle of a connection that has come. */
interface PeerHandle {
  getpeername(out: { address?: string }): number
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
}

/**
 * Turns connections away before Node makes a socket, a parser and their listeners of each: that takes ten times as long as
 * all else, and some hundreds that had come while the loop was busy kept it for 50 ms. What Node offers itself
 * (`server.blockList`, from 22.13 on) forgets no address. Where a later Node has no such handle they come in, and the cap drops them.
 */
export function guardDoor(server: Server, { isShut, onTurnedAway }: DoorOptions): void {
  server.on('listening', () => {
    const { _handle: handle } = server as { _handle?: ListenHandle | null }
    const take = handle?.onconnection
    if (!handle || typeof take !== 'function') return
    handle.onconnection = function (this: ListenHandle, status, peer) {
      if (peer && isShut(addressOf(peer))) {
        peer.close()
        onTurnedAway()
      } else (take as TakeConnection).call(this, status, peer)
    } satisfies TakeConnection
  })
}

/** '' when it has gone already. */
function addressOf(peer: PeerHandle): string {
  const name: { address?: string } = {}
  peer.getpeername(name)
  return name.address ?? ''
}
