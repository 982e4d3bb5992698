import type { MessageKey, Params } from '../locale'
import type { ConnectionState } from '../store/state'

/** A state of the connection in plain words. */
export interface ConnectionNotice {
  readonly key: MessageKey
  readonly params?: Params
  readonly tone: 'quiet' | 'warning' | 'danger'
  readonly canRetry: boolean
}

/** Whole seconds until the next dial; at least 1 while it waits. */
export function retryInSeconds(connection: ConnectionState, now: number): number {
  return connection.retryAt === null ? 0 : Math.max(1, Math.ceil((connection.retryAt - now) / 1000))
}

/** Whether the words of the connection change by the second. */
export const countsDown = ({ name, networkOnline }: ConnectionState): boolean =>
  name === 'waiting' && networkOnline

/**
 * What the strip on top of each page says; null when all is well or it is too early to worry.
 * @param troubled whether a dial failed since the last live connection.
 */
export function connectionNotice(
  connection: ConnectionState,
  now: number,
  troubled: boolean,
): ConnectionNotice | null {
  if (connection.storageFailed) return { key: 'strip.storageFailed', tone: 'warning', canRetry: false }
  if (!connection.networkOnline) return { key: 'strip.offline', tone: 'quiet', canRetry: true }
  switch (connection.name) {
    case 'live':
    case 'suspended':
      return null
    case 'connecting':
      return troubled ? { key: 'strip.connecting', tone: 'quiet', canRetry: false } : null
    case 'waiting':
      return {
        key: 'strip.waiting',
        params: { count: retryInSeconds(connection, now) },
        tone: 'quiet',
        canRetry: true,
      }
    case 'stopped':
      return connection.code === null
        ? null
        : { key: stoppedKey(connection.closeName), tone: 'danger', canRetry: true }
  }
}

/** Why the connection is stopped, by the name of the close code. */
export function stoppedKey(closeName: string | null): MessageKey {
  switch (closeName) {
    case 'replaced':
      return 'close.replaced'
    case 'origin_forbidden':
      return 'close.origin'
    case 'token_invalid':
    case 'token_expired':
    case 'token_revoked':
    case 'user_disabled':
      return 'close.token'
    default:
      return 'close.protocol'
  }
}
