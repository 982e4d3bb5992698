import type { ArrivedPush } from './push-port'

/** Most pushes that wait for somebody to take them. */
const MAX_WAITING = 50

/** Holds pushes until the signed-in user's services are there: a cold start delivers them before. */
export class PushInbox {
  #handler: ((push: ArrivedPush) => void) | null = null
  #waiting: ArrivedPush[] = []

  deliver(push: ArrivedPush): void {
    if (this.#handler) this.#handler(push)
    else this.#waiting = [...this.#waiting, push].slice(-MAX_WAITING)
  }

  /** Sets the handler, and gives it what came before it. */
  handle(handler: (push: ArrivedPush) => void): void {
    this.#handler = handler
    for (const push of this.#waiting.splice(0)) handler(push)
  }
}
