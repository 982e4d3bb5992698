import type { Message } from '@herald/protocol'
import type { Clock } from '@/services/clock'
import type {
  Alert,
  AlertSettings,
  AlertTone,
  BannerPort,
  ClickTarget,
  NotifyOptions,
  Permission,
  SystemPort,
  TonePort,
  Translate,
} from '@/services/presentation/presentation'

/** Everything on, no quiet hours. */
export const LOUD: AlertSettings = {
  notifications: true,
  sound: true,
  vibration: true,
  preview: true,
  quietHours: { enabled: false, from: '22:00', to: '07:00' },
}

/** A message; the number makes its id. */
export function message(number: number, content: Partial<Message> = {}): Message {
  return {
    id: `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
    feed: 'topic:builds',
    seq: number,
    time: 1_700_000_000_000 + number,
    title: `title ${String(number)}`,
    body: `body ${String(number)}`,
    priority: 3,
    ...content,
  }
}

export const messages = (from: number, count: number, content: Partial<Message> = {}): Message[] =>
  Array.from({ length: count }, (_, at) => message(from + at, content))

export const alertOf = (number: number, content: Partial<Message> = {}): Alert => ({
  kind: 'message',
  message: message(number, content),
})

/** Keys and their parameters, in place of words. */
export const t: Translate = (key, params = {}) =>
  [key, ...Object.entries(params).map(([name, value]) => `${name}=${String(value)}`)].join(' ')

/** A clock that a test turns: `advance` runs what falls due, in order. */
export class HandClock implements Clock {
  #now: number
  readonly #timers = new Set<{ at: number; run: () => void }>()

  constructor(now = 1_700_000_000_000) {
    this.#now = now
  }

  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  setTimeout(run: () => void, ms: number): unknown {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as { at: number; run: () => void })
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }
}

/** A banner that remembers what it showed. */
export class FakeBanner implements BannerPort {
  readonly shown: Alert[] = []
  current: Alert | null = null

  show(alert: Alert): void {
    this.shown.push(alert)
    this.current = alert
  }

  hide(): void {
    this.current = null
  }
}

/** A tray: what lies in it, by message id or `summary`. Set `fault` to make `notify` reject, `answer` to keep it waiting. */
export class FakeTray implements SystemPort {
  readonly notified: { alert: Alert; options: NotifyOptions }[] = []
  readonly lying = new Map<string, Alert>()
  fault: Error | null = null
  answer: Promise<void> = Promise.resolve()

  async notify(alert: Alert, options: NotifyOptions): Promise<void> {
    if (this.fault) throw this.fault
    await this.answer
    this.notified.push({ alert, options })
    this.lying.set(alert.kind === 'summary' ? 'summary' : alert.message.id, alert)
  }

  close(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.lying.delete(id)
    return Promise.resolve()
  }

  closeSummary(): Promise<void> {
    this.lying.delete('summary')
    return Promise.resolve()
  }

  closeAll(): Promise<void> {
    this.lying.clear()
    return Promise.resolve()
  }

  permission(): Promise<Permission> {
    return Promise.resolve('granted')
  }

  requestPermission(): Promise<Permission> {
    return Promise.resolve('granted')
  }

  unsupported(): null {
    return null
  }

  onClick(_handler: (target: ClickTarget) => void): void {
    // Nobody clicks here.
  }
}

/** Counts what was played. */
export class FakeTone implements TonePort {
  readonly played: { tone: AlertTone; priority: number }[] = []

  play(tone: AlertTone, priority: number): void {
    this.played.push({ tone, priority })
  }
}
