import type { ProviderName, PushRegistration } from '@herald/protocol'

/** Where one push goes: a registration as the device gave it. */
export type PushTarget = Readonly<PushRegistration>

interface AlertBase {
  /**
   * Names this push: a lower-case UUID. Escalation gives the same one again after an unknown outcome, so that a
   * service which knows repeats drops the second, and a new one after a definite answer.
   */
  readonly pushId: string
  /** What `prepare` answered for this `pushId`. */
  readonly handle?: string
  /**
   * Replaces what the device shows under the same name: the message's id, or for a push of several that of its first
   * sending. At most 64 bytes.
   */
  readonly collapseId: string
  /** The user's unread count. */
  readonly badge: number
  /** What the client reads: JSON text of protocol's PushPayload. */
  readonly payload: string
  /** When the push is worth nothing any more, in ms since 1970. */
  readonly expires: number
}

/** A push that rings. Texts are whole: a provider cuts them to what its service takes, in the service's own unit. */
export interface MessageAlert extends AlertBase {
  readonly type: 'message'
  readonly title: string
  readonly body: string
  /** 1-5; 5 breaks through focus modes where a service can. */
  readonly priority: number
  /** Groups alerts in the tray: the feed. */
  readonly thread: string
  readonly sound: boolean
}

/** A push that takes back one that was read elsewhere: tray and badge, each as far as the service can. */
export interface ClearAlert extends AlertBase {
  readonly type: 'clear'
  /** How the provider called the push that is taken back. */
  readonly ref: string | undefined
}

export type Alert = MessageAlert | ClearAlert

/**
 * What became of one push.
 * - `accepted`: the service took it; `ref` is its name there. That is no proof that it rang.
 * - `gone`: the token is dead, on proof. `since`: dead from then on (ms); a registration after that is good.
 * - `retry`: not now. `unknown`: it may have been taken, so the same `pushId` comes again. `provider`: it is the
 *   service and not this push, so it counts for the circuit.
 * - `refused`: never. `blame` `push`: this push or token; `credentials`: a person has to act, and nothing is dropped.
 * - `quota`: the service's limit for this app, until then (ms).
 */
export type Outcome =
  | { readonly type: 'accepted'; readonly ref?: string }
  | { readonly type: 'gone'; readonly why: string; readonly since?: number }
  | {
      readonly type: 'retry'
      readonly why: string
      readonly afterMs?: number
      readonly unknown: boolean
      readonly provider: boolean
    }
  | { readonly type: 'refused'; readonly why: string; readonly blame: 'push' | 'credentials' }
  | { readonly type: 'quota'; readonly why: string; readonly until: number }

/** Whether credentials work, in words for the person who entered them. */
export interface CheckResult {
  readonly ok: boolean
  readonly detail: string
}

/**
 * One push service: takes one push, answers with an outcome. No database, no retries, no timers that outlive `close`.
 * It never throws: what it cannot explain is `retry` with `unknown`, whatever had left this machine by then.
 */
export interface Provider {
  readonly name: ProviderName
  /** The app that its credentials are for, as registrations name it; undefined: any. */
  readonly app: string | undefined
  /** Whether it can take back what was shown. */
  readonly clears: boolean
  /**
   * What the service keeps for a device that is off; absent: every push. `newest`: one push for the whole app, so
   * each has to stand for all that the device has not acked. `perhaps_newest`: it may be so, so that no push must
   * take the place of a more important one.
   */
  readonly keeps?: 'newest' | 'perhaps_newest'
  /**
   * Which of several services a push goes to, for a provider that speaks to more than one: the trouble of one then
   * pauses that one only. A few names, whatever clients register: it labels metrics.
   */
  serviceOf?(target: PushTarget): string
  /** Gets what makes a repeat safe, before the first try; kept with the push. Rejects when it cannot. */
  prepare?(signal: AbortSignal): Promise<string>
  /** `signal` ends the wait; the outcome is then unknown. */
  send(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome>
  /** Asks the service whether the credentials are good, without ringing anybody. */
  check(signal: AbortSignal): Promise<CheckResult>
  close(): Promise<void>
}

/** What a service later says about a push that it took. */
export interface Receipt {
  /** As `accepted` named the push. */
  readonly ref: string
  /** The token, where one `ref` stands for several. */
  readonly token?: string
  readonly what: 'arrived' | 'shown' | 'clicked' | 'not_arrived'
  /** ms since 1970. */
  readonly time: number
  readonly detail: string
}

/** A service that calls back. `POST /v1/receipts/{provider}` hands it what came. */
export interface ReceiptReader {
  /** Throws ReceiptError for what is not proven to be the service's. */
  readReceipts(headers: Readonly<Record<string, string | string[] | undefined>>, body: string): Receipt[]
}

/** A receipt whose signature or shape is wrong. */
export class ReceiptError extends Error {
  override readonly name = 'ReceiptError'
}
