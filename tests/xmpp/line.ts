import type { SocketHandlers } from '../../services/socket/socket'

/** What lies between the app and a socket: it can break. */
export class Line {
  isUp = true
  onText: (text: string) => void = () => undefined
  readonly handlers: SocketHandlers
  readonly #closed: SocketHandlers['closed']

  constructor(app: SocketHandlers) {
    this.#closed = (code, reason) => {
      if (this.isUp) app.closed(code, reason)
      this.isUp = false
    }
    this.handlers = {
      open: () => {
        app.open()
      },
      message: (text) => {
        if (!this.isUp) return
        this.onText(text)
        app.message(text)
      },
      closed: (code, reason) => {
        this.#closed(code, reason)
      },
    }
  }

  cut(): void {
    this.#closed(1006, '')
  }
}
