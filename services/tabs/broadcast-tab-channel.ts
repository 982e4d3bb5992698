import type { Log } from '../log'
import type { TabChannel, TabEnvelope } from './tabs'

/** The part of BroadcastChannel that is used. */
export interface BroadcastPort {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

/**
 * Tabs over BroadcastChannel, which plain http pages have too. Only this origin's pages can post there, and they
 * run this app; another version of it may be open, so what is not an envelope is ignored. Another app of this origin has a
 * channel by another namespace.
 */
export function broadcastTabChannel(
  open: (name: string) => BroadcastPort,
  namespace: string,
  log: Log,
): TabChannel {
  const port = open(`${namespace}.tabs`)
  return {
    post(envelope) {
      try {
        // Through JSON: a reactive proxy from a page would make the structured clone throw.
        port.postMessage(JSON.stringify(envelope))
      } catch (error) {
        log('tabs.post_failed', { error: String(error) })
      }
    },
    listen(handler) {
      port.addEventListener('message', ({ data }) => {
        const envelope = parseEnvelope(data)
        if (envelope) handler(envelope)
      })
    },
  }
}

function parseEnvelope(data: unknown): TabEnvelope | undefined {
  if (typeof data !== 'string') return undefined
  const value: unknown = JSON.parse(data)
  const isEnvelope = typeof value === 'object' && value !== null && 'from' in value && 'message' in value
  return isEnvelope ? (value as TabEnvelope) : undefined
}
