import type { Duplex } from 'node:stream'
import type { SocketHandlers } from '@/services/socket/socket'
import type { WebSocketEnd } from '../../../gateway/ws/connection'
import type { SimClock } from './sim-clock'

/** What one socket's bytes pass through: asked anew for each piece. */
export interface Path {
  /** ms for one way; null: it goes no further, and nobody is told. */
  readonly delayMs: () => number | null
  /** Something that the phone sent has reached the gateway. */
  readonly onWord: () => void
}

/** The gateway's end of one socket: as much of its websocket and its stream as a connection touches. */
export interface GatewayEnd {
  readonly websocket: WebSocketEnd
  readonly socket: Duplex
  joined: { user: string; device: string } | null
  onClosed: (code: number) => void
  onText: (text: string) => void
  /** The process ended: its operating system resets the connection. */
  die(): void
}

/**
 * One websocket between a phone and the gateway. As TCP: in order, once, or not at all; when it breaks, each end hears
 * of it when it can, or never.
 */
export class Link {
  readonly #clock: SimClock
  readonly #path: Path
  readonly #handlers: SocketHandlers
  readonly #arrivals = { toPhone: 0, toGateway: 0 }
  #phase: 'dialing' | 'open' | 'closed' = 'dialing'
  #gatewayOpen = false
  /** Bytes vanish both ways and neither end is told. */
  #halfOpen = false
  readonly end: GatewayEnd

  constructor(clock: SimClock, path: Path, handlers: SocketHandlers) {
    this.#clock = clock
    this.#path = path
    this.#handlers = handlers
    const websocket = {
      checkDeadline: () => undefined,
      close: (code: number, reason: string) => {
        this.#carry('toPhone', () => {
          this.#phoneHears(code, reason)
        })
        this.#gatewayHears(code)
      },
    }
    const socket = { writableLength: 0, once: () => undefined, write: (bytes: Buffer) => this.#write(bytes) }
    this.end = {
      websocket,
      socket: socket as unknown as Duplex,
      joined: null,
      onClosed: () => undefined,
      onText: () => undefined,
      die: () => {
        this.#gatewayOpen = false
        this.#carry('toPhone', () => {
          this.#phoneHears(1006, '')
        })
      },
    }
  }

  get closed(): boolean {
    return this.#phase === 'closed'
  }

  /** What the gateway writes arrives, and nothing of it is on the way. */
  get whole(): boolean {
    return this.#phase === 'open' && !this.#halfOpen && this.#arrivals.toPhone <= this.#clock.now
  }

  /** The handshake: `accept` is the gateway's answer, false when there is none. */
  dial(accept: (end: GatewayEnd) => boolean): void {
    this.#carry('toGateway', () => {
      if (this.#phase === 'closed') return
      if (accept(this.end)) {
        this.#gatewayOpen = true
        this.#carry('toPhone', () => {
          if (this.#phase !== 'dialing') return
          this.#phase = 'open'
          this.#handlers.open()
        })
      } else this.#carry('toPhone', () => this.#phoneHears(1006, ''))
    })
  }

  /** The phone sends. */
  send(text: string): void {
    if (this.#phase !== 'open') return
    this.#carry('toGateway', () => {
      if (!this.#gatewayOpen) return
      this.#path.onWord()
      this.end.onText(text)
    })
  }

  /** The phone's app closes. */
  close(code: number): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#carry('toGateway', () => {
      this.#gatewayHears(code)
    })
    this.#clock.after(20, () => {
      this.#handlers.closed(code, '')
    })
  }

  /** The phone's process is gone: its operating system says goodbye, if it can. */
  abandon(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#carry('toGateway', () => {
      this.#gatewayHears(1006)
    })
  }

  breakSilently(): void {
    this.#halfOpen = true
  }

  /** The phone's radio is off: its system tells the app, and the gateway hears nothing. */
  loseRadio(): void {
    this.#halfOpen = true
    this.#phoneHears(1006, '')
  }

  /** Both ends are told at once. */
  reset(): void {
    this.#halfOpen = true
    this.#phoneHears(1006, '')
    this.#gatewayHears(1006)
  }

  #phoneHears(code: number, reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#handlers.closed(code, reason)
  }

  #gatewayHears(code: number): void {
    if (!this.#gatewayOpen) return
    this.#gatewayOpen = false
    this.end.onClosed(code)
  }

  #write(bytes: Buffer): void {
    for (const text of textsOf(bytes))
      this.#carry('toPhone', () => {
        if (this.#phase === 'open') this.#handlers.message(text)
      })
  }

  /** Nothing overtakes on one connection. */
  #carry(way: 'toPhone' | 'toGateway', arrive: () => void): void {
    const delayMs = this.#halfOpen ? null : this.#path.delayMs()
    if (delayMs === null) {
      this.#halfOpen = true
      return
    }
    const at = Math.max(this.#arrivals[way], this.#clock.now + delayMs)
    this.#arrivals[way] = at
    this.#clock.after(at - this.#clock.now, () => {
      if (!this.#halfOpen) arrive()
    })
  }
}

/** The texts of unmasked frames that lie one behind the other (RFC 6455 §5.2). */
function textsOf(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length;) {
    const short = bytes.readUInt8(at + 1)
    const header = short < 126 ? 2 : short === 126 ? 4 : 10
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    texts.push(bytes.toString('utf8', at + header, at + header + length))
    at += header + length
  }
  return texts
}
