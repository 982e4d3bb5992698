import type { Params } from '../../locale'
import type { PageKey } from '../../locale/pages'
import type { ConnectionState } from '../state'
import { retryInSeconds, stoppedKey } from '../connection-words'

/** The state for the settings page: always words, good news too. */
export function describeConnection(
  connection: ConnectionState,
  now: number,
): { key: PageKey; params?: Params } {
  if (!connection.networkOnline) return { key: 'connection.offline' }
  switch (connection.name) {
    case 'live':
      return { key: connection.leader ? 'connection.live' : 'connection.liveOtherTab' }
    case 'connecting':
      return { key: 'connection.connecting' }
    case 'suspended':
      return { key: 'connection.suspended' }
    case 'waiting':
      return { key: 'connection.waiting', params: { count: retryInSeconds(connection, now) } }
    case 'stopped':
      return { key: connection.code === null ? 'connection.stopped' : stoppedKey(connection.closeName) }
  }
}

/** Why the last connection ended, where a person can do something with it. */
export function describeClose(closeName: string | null): PageKey | null {
  switch (closeName) {
    case null:
      return null
    case 'going_away':
      return 'close.goingAway'
    case 'busy':
      return 'close.busy'
    case 'idle':
      return 'close.idle'
    case 'rate_limited':
      return 'close.rateLimited'
    case 'too_many_sockets':
      return 'close.tooManySockets'
    case 'storage_unavailable':
      return 'close.storage'
    default:
      return null
  }
}
