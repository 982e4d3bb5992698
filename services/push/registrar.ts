import type { Device, DeviceAnswer, DeviceBody, PushRegistration, PushServices } from '@herald/protocol'
import { ApiError } from '../api/api-error'
import type { Clock, Timer } from '../clock'
import type { Log } from '../log'
import type { Settings } from '../storage/settings'
import type { FoundTokens, NoPush, PushPort, PushView } from './push-port'

/** Settings are changed one by one: the gateway is told when the hand rests, in ms. */
export const REST_MS = 1_000

/** A device that never restarts tells the gateway that it is there once in this time, in ms. */
export const RENEW_MS = 24 * 60 * 60 * 1000

/** First wait after a failure, doubled with each up to the cap; a random part of it is waited (full jitter). */
export const RETRY_BASE_MS = 5_000
export const RETRY_CAP_MS = 15 * 60 * 1000

/** Why there is no token yet. `service` may be a module that is still starting. */
const RETRIED: ReadonlySet<NoPush> = new Set<NoPush>(['pending', 'service', 'failed'])

/** What the registrar needs of the rest of the app. */
export interface RegistrarPorts {
  readonly push: Pick<PushPort, 'find'>
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly device: () => Device
  readonly settings: () => Settings
  /** Both throw ApiError. */
  readonly services: () => Promise<PushServices>
  readonly register: (body: DeviceBody) => Promise<DeviceAnswer>
  /** The gateway has it. */
  readonly onRegistered: (answer: DeviceAnswer, body: DeviceBody) => void
  readonly onView: (view: PushView) => void
}

/**
 * Keeps the gateway's word of this device true: at the start, when something changes, and once a day. One request at a
 * time; a change that comes while one is under way is told after it.
 */
export class Registrar {
  readonly #ports: RegistrarPorts
  #phase: 'idle' | 'busy' | 'again' | 'ended' = 'idle'
  #timer: Timer = null
  #failures = 0
  /** When the timer runs for its reason, whatever phones do to timers. */
  #dueAt = Infinity

  constructor(ports: RegistrarPorts) {
    this.#ports = ports
  }

  /** Tells the gateway now. */
  start(): void {
    if (this.#phase === 'busy') this.#phase = 'again'
    else if (this.#phase === 'idle') void this.#run()
  }

  /** Something that the gateway is told has changed. */
  changed(): void {
    this.#schedule(REST_MS)
  }

  /** The app is back, or its network is: what waited for either need not wait longer. */
  awake(): void {
    if (this.#failures > 0 || this.#ports.clock.now() >= this.#dueAt) this.start()
  }

  /** Tells nothing more. */
  stop(): void {
    this.#phase = 'ended'
    this.#clearTimer()
  }

  async #run(): Promise<void> {
    this.#phase = 'busy'
    this.#clearTimer()
    const waitMs = await this.#attempt()
    if (this.#isEnded()) return
    const again = this.#isAgain()
    this.#phase = 'idle'
    if (again) await this.#run()
    else this.#schedule(waitMs)
  }

  // Methods, since TypeScript would take the phase for what it was before an await.
  #isEnded(): boolean {
    return this.#phase === 'ended'
  }

  #isAgain(): boolean {
    return this.#phase === 'again'
  }

  /** How long to wait before the next time, in ms. */
  async #attempt(): Promise<number> {
    const { services, register, device, settings, onRegistered } = this.#ports
    try {
      const offered = await services()
      const found = await this.#ports.push.find(offered)
      if (this.#isEnded()) return 0
      const registrations = 'none' in found ? [] : found.registrations
      const body = registrationBody(device(), settings(), registrations)
      const answer = await register(body)
      if (this.#isEnded()) return 0
      onRegistered(answer, body)
      this.#show(found, answer)
      // A token that is on its way is asked for as if this had failed: no event of the platform can be relied on.
      if ('none' in found && RETRIED.has(found.none)) return this.#backoff()
      this.#failures = 0
      return RENEW_MS
    } catch (error) {
      return this.#failed(error)
    }
  }

  #failed(error: unknown): number {
    this.#ports.log('push.not_registered', { error: String(error) })
    const code = error instanceof ApiError ? error.code : 'internal'
    if (code === 'not_found' || code === 'method_not_allowed') {
      this.#failures = 0
      this.#ports.onView({ none: 'old_server' })
      return RENEW_MS
    }
    if (code === 'invalid_body') this.#ports.onView({ none: 'refused' })
    // Whatever else it was, it may be mended on the other end: slower and slower, but never given up.
    return this.#backoff()
  }

  #backoff(): number {
    const { random } = this.#ports
    const most = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.#failures, 10))
    this.#failures += 1
    return Math.max(1_000, Math.round(random() * most))
  }

  #show(found: FoundTokens, answer: DeviceAnswer): void {
    const none = (why: NoPush): void => {
      this.#ports.onView({ none: why })
    }
    const on = answer.push.find((one) => one.on)
    if (!this.#ports.settings().notifications) none('off')
    else if ('none' in found) none(found.none)
    else if (on) this.#ports.onView({ provider: on.provider })
    else none('server')
  }

  #schedule(ms: number): void {
    if (this.#phase === 'busy') this.#phase = 'again'
    if (this.#phase !== 'idle') return
    this.#clearTimer()
    this.#dueAt = this.#ports.clock.now() + ms
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.start()
    }, ms)
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer)
    this.#timer = null
  }
}

/** What the gateway is told of this device. */
function registrationBody(
  { platform, app, locale, timeZone }: Device,
  settings: Settings,
  push: readonly PushRegistration[],
): DeviceBody {
  const { notifications, preview, sound, language, quietHours } = settings
  const spoken = language === 'auto' ? locale : language
  return {
    platform,
    ...(app !== undefined && { app }),
    ...(spoken !== undefined && { locale: spoken }),
    ...(timeZone !== undefined && { timeZone }),
    notifications,
    preview,
    sound,
    ...(quietHours.enabled && { quietHours: { from: quietHours.from, to: quietHours.to } }),
    push: [...push],
  }
}
