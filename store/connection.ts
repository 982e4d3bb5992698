import { withClient } from './runtime'

export type { ConnectionState } from './modules/connection'

/** Dials now, whatever the backoff says; also out of `stopped`. */
export function reconnectNow(): void {
  withClient((client) => {
    client.reconnectNow()
  })
}
