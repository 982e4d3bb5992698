/** Carries text between the gateways that share a store. What it loses it need not know: whoever listens counts. */
export interface Wire {
  /** Most bytes of one text. */
  readonly roomBytes: number
  /** Whether what is sent now has a way. */
  readonly isOpen: boolean
  /** Sends a text to every gateway, this one perhaps too; texts of one gateway arrive in their order, or not at all. */
  send(text: string): void
  close(): Promise<void>
}

/**
 * Begins to listen, and goes on, whatever becomes of the connection. Resolves when it listens for the first time, or when it
 * has not found a way for some seconds, and goes on looking for one.
 */
export type OpenWire = (onText: (text: string) => void) => Promise<Wire>
