import { ProviderToken, type ApnsClock } from './provider-token'
import { ApnsSession, SessionFailure, type ApnsRequest, type GateAnswer } from './session'
import type { ApnsGateSettings } from './settings'

interface Waiting {
  readonly request: ApnsRequest
  readonly signal: AbortSignal
  readonly resolve: (answer: GateAnswer) => void
  readonly reject: (error: unknown) => void
  readonly onAbort: () => void
}

/** Connections side by side; one takes up to a thousand pushes at once, so a second is rare. */
const MAX_SESSIONS = 4
/** A connection as young as this knows what Apple knows: another one would be answered the same. */
export const FRESH_MS = 60_000
const CLOSE_WAIT_MS = 3000

/**
 * One gate of APNs with one key: all connections to an (environment, team, key id). Pushes wait here until a
 * connection has room, so that one which waits was certainly not sent.
 */
export class ApnsGate {
  readonly token: ProviderToken
  readonly #settings: ApnsGateSettings
  readonly #ca: string | undefined
  readonly #clock: ApnsClock
  readonly #sessions = new Set<ApnsSession>()
  /** Those that take no more pushes and still have some under way. */
  readonly #leaving = new Set<ApnsSession>()
  readonly #waiting = new Set<Waiting>()
  #onEmpty: (() => void) | undefined

  constructor(settings: ApnsGateSettings, ca: string | undefined, clock: ApnsClock) {
    this.#settings = settings
    this.#ca = ca
    this.#clock = clock
    this.token = new ProviderToken(settings.key, clock, () => this.reconnect(0))
  }

  /** Sends one push when there is room. Rejects with SessionFailure. */
  send(request: ApnsRequest, signal: AbortSignal): Promise<GateAnswer> {
    return this.#sendNow(request, signal) ?? this.#wait(request, signal)
  }

  /** The usual case, without the costs of waiting; undefined when there is no room. */
  #sendNow(request: ApnsRequest, signal: AbortSignal): Promise<GateAnswer> | undefined {
    if (this.#waiting.size > 0 || this.#sessions.size === 0) return undefined
    const jwt = this.token.current()
    for (const session of this.#sessions) {
      if (session.room > 0) return session.send(request, jwt, signal)
    }
    return undefined
  }

  #wait(request: ApnsRequest, signal: AbortSignal): Promise<GateAnswer> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(waiting)
        reject(new SessionFailure('there was no connection in time', { unknown: false, provider: true }))
      }
      const waiting: Waiting = { request, signal, resolve, reject, onAbort }
      this.#waiting.add(waiting)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#pump()
    })
  }

  /** The next push takes a new connection; those under way are still answered. @param minAgeMs of the old one */
  reconnect(minAgeMs: number): void {
    const now = this.#clock.monotonic()
    // A copy: each that retires may have another opened.
    for (const session of [...this.#sessions]) if (now - session.openedAt >= minAgeMs) session.retire()
  }

  /** Waits a little for the pushes under way, then ends them. */
  async close(): Promise<void> {
    this.#failWaiting('the gateway is shutting down', false)
    this.reconnect(0)
    if (this.#leaving.size === 0) return
    const deadline = setTimeout(() => {
      for (const session of this.#leaving) session.destroy()
    }, CLOSE_WAIT_MS)
    await new Promise<void>((resolve) => (this.#onEmpty = resolve))
    clearTimeout(deadline)
  }

  #pump(): void {
    if (this.#waiting.size === 0) return
    // First, because a token that has to be made early ends the connections that there are.
    const jwt = this.token.current()
    for (const session of this.#sessions) {
      for (const waiting of this.#waiting) {
        if (session.room <= 0) break
        this.#dispatch(session, waiting, jwt)
      }
    }
    if (this.#waiting.size === 0 || this.#sessions.size >= MAX_SESSIONS) return
    // One that is about to prove itself may have room for all.
    if ([...this.#sessions].every(({ answered }) => answered)) this.#open()
  }

  #open(): void {
    const session: ApnsSession = new ApnsSession({
      url: this.#settings.url,
      ca: this.#ca,
      onChange: () => this.#onChange(session),
      monotonic: () => this.#clock.monotonic(),
    })
    this.#sessions.add(session)
  }

  #onChange(session: ApnsSession): void {
    if (session.done && this.#sessions.delete(session)) {
      this.#leaving.add(session)
      // Another try would end the same, and so on for ever. Escalation knows better when to come again.
      if (!session.answered && this.#sessions.size === 0) {
        this.#failWaiting(`no connection to APNs: ${session.fault ?? 'it was closed'}`, true)
      }
    }
    if (session.ended) this.#leaving.delete(session)
    this.#pump()
    if (this.#leaving.size === 0) this.#onEmpty?.()
  }

  #dispatch(session: ApnsSession, waiting: Waiting, jwt: string): void {
    const { request, signal, resolve, reject, onAbort } = waiting
    this.#waiting.delete(waiting)
    signal.removeEventListener('abort', onAbort)
    session.send(request, jwt, signal).then(resolve, reject)
  }

  #failWaiting(why: string, provider: boolean): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const { signal, reject, onAbort } of waiting) {
      signal.removeEventListener('abort', onAbort)
      reject(new SessionFailure(why, { unknown: false, provider }))
    }
  }
}
