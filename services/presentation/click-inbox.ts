import type { ClickTarget } from './presentation'

/** Holds clicks until there is somebody to open them: a cold start delivers the click before the app is ready. */
export class ClickInbox {
  #handler: ((target: ClickTarget) => void) | null = null
  #waiting: ClickTarget | null = null

  /** A click came. Of several before the handler, only the last is opened. */
  deliver(target: ClickTarget): void {
    if (this.#handler) this.#handler(target)
    else this.#waiting = target
  }

  /** Sets the handler, and gives it the click that came before it. */
  handle(handler: (target: ClickTarget) => void): void {
    this.#handler = handler
    const target = this.#waiting
    this.#waiting = null
    if (target) handler(target)
  }
}

/** Reads what a click carries; null when it is not ours. */
export function parseTarget(value: unknown): ClickTarget | null {
  const { messageId, feed, inbox, pushed } = Object(value) as Record<string, unknown>
  const by = { pushed: pushed === true || undefined }
  if (typeof messageId === 'string' && typeof feed === 'string') return { messageId, feed, ...by }
  return inbox === true ? { inbox: true, ...by } : null
}
