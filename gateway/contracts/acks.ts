import type { ProviderName } from '@herald/protocol'

/** How far one device has acked one feed. */
export interface Ack {
  readonly user: string
  readonly device: string
  readonly feed: string
  readonly epoch: string
  readonly seq: number
  /** When it came, ms. */
  readonly time: number
}

/** An ack that came after a push had gone: how long after it, in ms. */
export interface LateAck {
  readonly provider: ProviderName | null
  readonly afterMs: number
}

/** How far each device has acked each feed. */
export interface Acks {
  /**
   * Keeps the furthest ack of each device and feed; one of another epoch takes the place of the old one. In the same step
   * it notes on pushes that what they were for is acked, and answers those acks. Throws `storage_unavailable`, and then
   * keeps none of them.
   */
  save(acks: readonly Ack[]): Promise<readonly LateAck[]>
  /** How far a device has acked a feed in this epoch; undefined when it never has. */
  ackOf(
    user: string,
    device: string,
    feed: string,
    epoch: string,
  ): Promise<{ readonly seq: number; readonly time: number } | undefined>
}
