import { randomUUID } from 'node:crypto'
import type { Alert, CheckResult, Outcome, Provider, PushTarget } from '../provider'
import { newConnectionAfter, reasonOf, toOutcome } from './answers'
import { ApnsGate, FRESH_MS } from './gate'
import { toNotification } from './notification'
import type { ApnsClock } from './provider-token'
import { SessionFailure, type ApnsRequest, type GateAnswer } from './session'
import type { ApnsSettings } from './settings'

const systemClock: ApnsClock = { now: () => Date.now(), monotonic: () => performance.now() }

/** No device has it: APNs looks at credentials and topic, and then refuses the token. */
const IMPOSSIBLE_TOKEN = '0'.repeat(64)
/** What APNs says of a token after it has found credentials and topic good. */
const ABOUT_THE_TOKEN = ['BadDeviceToken', 'DeviceTokenNotForTopic', 'Unregistered', 'ExpiredToken']

/** Apple says not to assume a size; no token was ever shorter than 32 bytes. */
const MIN_HEX = 64
const MAX_HEX = 400

type Environment = PushTarget['environment']

/** Apple's push service, by HTTP/2 with a signing key (.p8). */
export class ApnsProvider implements Provider {
  readonly name = 'apns'
  readonly app: string
  readonly clears = true
  /**
   * Apple says both: "APNs stores only one notification per bundle ID" (Sending notification requests to APNs), and,
   * in the updates of June 2024, that several are stored by their `apns-collapse-id`.
   */
  readonly keeps = 'perhaps_newest'
  readonly #gates: Readonly<Record<Environment, ApnsGate>>
  readonly #clock: ApnsClock
  #closed = false

  constructor(settings: ApnsSettings, clock: ApnsClock = systemClock) {
    this.app = settings.bundleId
    this.#clock = clock
    this.#gates = {
      production: new ApnsGate(settings.production, settings.ca, clock),
      sandbox: new ApnsGate(settings.sandbox, settings.ca, clock),
    }
  }

  async send(target: PushTarget, alert: Alert, signal: AbortSignal): Promise<Outcome> {
    if (target.app !== this.app) {
      return { type: 'refused', why: `the token is of ${target.app}, the key of ${this.app}`, blame: 'push' }
    }
    const device = readDeviceToken(target.token)
    if ('fault' in device) return { type: 'refused', why: device.fault, blame: 'push' }
    const notification = toNotification(alert, this.app, this.#clock.now())
    if (typeof notification === 'string') return { type: 'refused', why: notification, blame: 'push' }
    const { headers, body } = notification
    const gate = this.#gates[target.environment]
    try {
      const request = { path: `/3/device/${device.token}`, headers, body }
      return toOutcome(await this.#ask(gate, request, signal), alert.pushId)
    } catch (error) {
      return failed(error)
    }
  }

  /**
   * Pushes to a token that cannot exist, in the background, at both gates. APNs has no other question that costs
   * nothing; a refusal of the token means that key, ids and topic were taken.
   */
  async check(signal: AbortSignal): Promise<CheckResult> {
    const environments: readonly Environment[] = ['production', 'sandbox']
    const results = await Promise.all(
      environments.map(async (environment) => ({
        environment,
        ...(await this.#checkGate(environment, signal)),
      })),
    )
    // A key may be for one environment only: then the other's refusal is as it should be.
    return {
      ok: results.some(({ ok }) => ok),
      detail: results.map(({ environment, detail }) => `${environment}: ${detail}`).join('. '),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([this.#gates.production.close(), this.#gates.sandbox.close()])
  }

  /** Asks once, and once more with a new provider token when the old one has expired. */
  async #ask(gate: ApnsGate, request: ApnsRequest, signal: AbortSignal): Promise<GateAnswer> {
    const first = await this.#askOnce(gate, request, signal)
    if (first.status === 200) return first
    this.#heed(gate, first)
    if (reasonOf(first) !== 'ExpiredProviderToken' || gate.token.renew(first.jwt) === undefined) return first
    const second = await this.#askOnce(gate, request, signal)
    this.#heed(gate, second)
    return second
  }

  /** Without an `await` of its own: every push comes through here. */
  #askOnce(gate: ApnsGate, request: ApnsRequest, signal: AbortSignal): Promise<GateAnswer> {
    const stopped = { unknown: false, provider: false }
    if (this.#closed) throw new SessionFailure('the gateway is shutting down', stopped)
    if (signal.aborted) throw new SessionFailure('it was stopped before it was sent', stopped)
    return gate.send(request, signal)
  }

  #heed(gate: ApnsGate, answer: GateAnswer): void {
    const wish = newConnectionAfter(answer)
    if (wish !== undefined) gate.reconnect(wish === 'always' ? 0 : FRESH_MS)
  }

  async #checkGate(environment: Environment, signal: AbortSignal): Promise<CheckResult> {
    const request: ApnsRequest = {
      path: `/3/device/${IMPOSSIBLE_TOKEN}`,
      headers: {
        'apns-topic': this.app,
        'apns-push-type': 'background',
        'apns-priority': '5',
        'apns-expiration': '0',
        'apns-id': randomUUID(),
      },
      body: Buffer.from(JSON.stringify({ aps: { 'content-available': 1 } })),
    }
    try {
      const answer = await this.#ask(this.#gates[environment], request, signal)
      if (ABOUT_THE_TOKEN.includes(reasonOf(answer) ?? ''))
        return { ok: true, detail: 'the credentials are good' }
      const outcome = toOutcome(answer, '')
      return { ok: false, detail: 'why' in outcome ? outcome.why : 'APNs took a push that it had to refuse' }
    } catch (error) {
      return { ok: false, detail: failed(error).why }
    }
  }
}

function failed(error: unknown): Outcome & { type: 'retry' } {
  if (error instanceof SessionFailure) {
    return { type: 'retry', why: error.message, unknown: error.unknown, provider: error.provider }
  }
  const why = error instanceof Error ? error.message : String(error)
  return { type: 'retry', why, unknown: true, provider: true }
}

/**
 * Brings a device token to lower-case hex, or says what is wrong with it. Apps that print `NSData` send `<…>` with
 * blanks; built with the SDK of iOS 13 or later they send a shortened description, from which nothing can be made.
 */
export function readDeviceToken(text: string): { token: string } | { fault: string } {
  if (/\blength\s*=/i.test(text)) {
    return {
      fault:
        'the app sent a description of the device token ({length = 32, bytes = …}) in place of the token; it has to send the bytes as hex',
    }
  }
  const token = text.replace(/[<>\s]/g, '').toLowerCase()
  if (!/^(?:[0-9a-f]{2})*$/.test(token)) return { fault: 'a device token is hex; this one is not' }
  if (token.length < MIN_HEX || token.length > MAX_HEX) {
    return { fault: `a device token has at least 32 bytes; this one has ${token.length / 2}` }
  }
  return { token }
}
