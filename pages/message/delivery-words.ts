import type { Delivery, DeliveryEvent, DeliveryState } from '@herald/protocol'
import { daysAgo, formatClock } from '@/locale/format'
import { pushText } from '@/locale/push'

/** How a state looks: good news, on its way, nothing to do, or a fault. */
export type DeliveryTone = 'good' | 'busy' | 'quiet' | 'bad'

const TONES: Readonly<Record<DeliveryState, DeliveryTone>> = {
  acked: 'good',
  pushed: 'good',
  waiting: 'busy',
  cancelled: 'quiet',
  none: 'quiet',
  dead: 'bad',
}

/** One device as the page shows it. */
export interface DeliveryLine {
  readonly key: string
  readonly device: string
  readonly who: string
  readonly state: string
  readonly tone: DeliveryTone
  /** '' when the last step says it. */
  readonly reason: string
  readonly next: string
  readonly steps: readonly DeliveryStep[]
}

/** One step on the way. */
export interface DeliveryStep {
  readonly time: string
  readonly text: string
  /** What the push service said, in its own words. */
  readonly detail: string
}

/** A step's time: to the second today, with the date before. */
export function stepTime(ms: number, now: number, formatFull: (ms: number) => string): string {
  const seconds = String(new Date(ms).getSeconds()).padStart(2, '0')
  return daysAgo(ms, now) === 0 ? `${formatClock(ms)}:${seconds}` : formatFull(ms)
}

/** @param formatTime for instance `stepTime` as of now. */
export function deliveryLine(delivery: Delivery, formatTime: (ms: number) => string): DeliveryLine {
  const { user, device, platform, state, reason, next, events } = delivery
  return {
    key: `${user}/${device}`,
    device: pushText(`platform.${platform}`),
    who: pushText('delivery.device', { user, device: shortId(device) }),
    state: pushText(`state.${state}`),
    tone: TONES[state],
    // The last step says it, with what the push service said.
    reason: events.at(-1)?.reason === reason ? '' : pushText(`reason.${reason}`),
    next: next === null ? '' : pushText('delivery.next', { time: formatTime(next) }),
    steps: events.map((event) => deliveryStep(event, formatTime)),
  }
}

function deliveryStep(
  { time, reason, provider, detail }: DeliveryEvent,
  formatTime: (ms: number) => string,
): DeliveryStep {
  const step = pushText(`reason.${reason}`)
  return {
    time: formatTime(time),
    text: provider ? pushText('delivery.by', { step, service: pushText(`provider.${provider}`) }) : step,
    detail: detail === undefined || detail === '' ? '' : pushText('delivery.said', { detail }),
  }
}

/** Enough to tell devices apart. */
const shortId = (id: string): string => id.replace(/^(.{8}).+(.{4})$/, '$1…$2')
