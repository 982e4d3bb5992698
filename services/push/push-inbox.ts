import type { ArrivedPush } from './push-port'

/** Most pushes that wait for somebody to take them, or for word of whom they are for. */
const MAX_WAITING = 50

/** Holds pushes until the signed-in user's services are there: a cold start delivers them before. */
export class PushInbox {
  #handler: ((push: ArrivedPush) => void) | null = null
  #waiting: ArrivedPush[] = []
  /** Came before the gateway had answered the registration, which says whom pushes are for. */
  #unsure: ArrivedPush[] = []

  deliver(push: ArrivedPush): void {
    if (this.#handler) this.#handler(push)
    else this.#waiting = [...this.#waiting, push].slice(-MAX_WAITING)
  }

  /** Sets the handler, and gives it what came before it. */
  handle(handler: (push: ArrivedPush) => void): void {
    this.#handler = handler
    for (const push of this.#waiting.splice(0)) handler(push)
  }

  /** Somebody is signed in, and nobody knows yet by which name pushes call him: it waits for that. */
  hold(push: ArrivedPush): void {
    this.#unsure = [...this.#unsure, push].slice(-MAX_WAITING)
  }

  /** The name is known: what waited for it is delivered. Answers what was for others. */
  known(recipient: string): readonly ArrivedPush[] {
    const unsure = this.#unsure.splice(0)
    for (const push of unsure) if (push.payload.to === recipient) this.deliver(push)
    return unsure.filter(({ payload }) => payload.to !== recipient)
  }
}
