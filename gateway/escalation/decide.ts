import {
  isQuietMinute,
  minutesOf,
  missingRanges,
  URGENT,
  type DeliveryReason,
  type Message,
  type QuietHours,
} from '@herald/protocol'
import type { DeviceRecord } from '../contracts/devices'
import type { Follow } from '../contracts/subscriptions'
import type { Lease } from '../presence/presence'
import type { Deadlines } from '../process/push-settings'

/** An ack at another gateway waits there to be written with others, ms. */
const ELSEWHERE_MS = 500

/** Everything that the decision looks at. */
export interface Situation {
  readonly now: number
  /** When it was noted that there is something to decide on, ms. */
  readonly noted: number
  readonly deadlines: Deadlines
  /** Undefined: the device is not registered. */
  readonly device: DeviceRecord | undefined
  /** Undefined: the user does not follow the feed. */
  readonly follow: Follow | undefined
  /** The messages that are to be decided on, as far as the log still has them, in seq order. */
  readonly messages: readonly Message[]
  /** The last seq that the device has acked; 0 is none. */
  readonly acked: number
  readonly lease: Lease | undefined
  /** The last seq that each other device of the user has acked whose app is in the foreground. */
  readonly activeBeside: readonly number[]
}

export type Verdict =
  | { readonly do: 'push'; readonly messages: readonly [Message, ...Message[]] }
  | {
      readonly do: 'wait'
      readonly until: number
      readonly reason: 'awaiting_ack' | 'other_device_active'
      /** What is waited with. */
      readonly messages: readonly [Message, ...Message[]]
    }
  | { readonly do: 'cancel'; readonly reason: DeliveryReason }

/**
 * Whether a device is rung for messages that it may not have. The first line that fits decides; a message that one of
 * the lines from "acked" to "quiet hours" fits is left out, and the last one left gives the reason.
 *
 * | when                                                    | then                                             |
 * | ------------------------------------------------------- | ------------------------------------------------ |
 * | signed out, or its session is over                      | cancel                                           |
 * | feed no longer followed                                 | cancel                                           |
 * | trimmed from the log                                    | cancel                                           |
 * | acked by this device                                    | cancel                                           |
 * | read on any device                                      | cancel                                           |
 * | expired                                                 | cancel                                           |
 * | feed muted, or notifications off on the device          | cancel, at any priority: it is the person's word |
 * | priority 1                                              | cancel: not seen unless looked for               |
 * | quiet hours of the device, priority under 5             | cancel; it waits in the list                     |
 * | lease holds, deadline for its ack not over              | wait for the ack                                 |
 * | another device in the foreground, its deadline not over | wait for that ack, unless urgent                 |
 * | another device in the foreground acked it               | wait to see whether it is read, unless urgent    |
 * | otherwise                                               | push                                             |
 */
export function decide(situation: Situation): Verdict {
  const { device, follow, now } = situation
  if (!device || device.ended !== undefined || (device.expires !== null && device.expires <= now))
    return { do: 'cancel', reason: 'signed_out' }
  if (!follow) return { do: 'cancel', reason: 'unfollowed' }
  const ringing = selectRinging(situation, device, follow)
  if (typeof ringing === 'string') return { do: 'cancel', reason: ringing }
  return hold(situation, ringing) ?? { do: 'push', messages: ringing }
}

type Ringing = readonly [Message, ...Message[]]

/** The messages that should ring, or why none should. */
function selectRinging(
  { messages, acked, now }: Situation,
  device: DeviceRecord,
  { muted, read }: Follow,
): Ringing | DeliveryReason {
  const quiet = device.quietHours !== undefined && isQuietAt(device.quietHours, device.timeZone, now)
  const sieves: readonly (readonly [DeliveryReason, (message: Message) => boolean])[] = [
    ['acked', ({ seq }) => seq > acked],
    ['read', ({ seq }) => missingRanges(read, seq, seq).length > 0],
    ['expired', ({ expires }) => expires === undefined || expires > now],
    ['muted', () => !muted],
    ['notifications_off', () => device.notifications],
    ['low_priority', ({ priority }) => priority > 1],
    ['quiet_hours', ({ priority }) => !quiet || priority >= URGENT],
  ]
  let left = messages
  let reason: DeliveryReason = 'message_gone'
  for (const [name, passes] of sieves) {
    if (left.length === 0) break
    reason = name
    left = left.filter(passes)
  }
  const [first, ...rest] = left
  return first === undefined ? reason : [first, ...rest]
}

/** Why the push has to wait, if it does. Deadlines run from the oldest message: it has waited longest. */
function hold(situation: Situation, ringing: Ringing): Verdict | undefined {
  const { now, lease, deadlines, activeBeside } = situation
  const time = beganAt(situation, ringing)
  const ownDeadline = lease === undefined ? 0 : deadlineOf(lease, time, deadlines)
  if (now < ownDeadline) return { do: 'wait', until: ownDeadline, reason: 'awaiting_ack', messages: ringing }
  const urgent = ringing.some(({ priority }) => priority >= URGENT)
  if (urgent || activeBeside.length === 0 || deadlines.quietWhenActiveMs === 0) return undefined
  const newest = ringing.at(-1)?.seq ?? 0
  const seen = activeBeside.some((acked) => acked >= newest)
  const until = time + (seen ? deadlines.quietWhenActiveMs : deadlines.foregroundMs)
  return now < until ? { do: 'wait', until, reason: 'other_device_active', messages: ringing } : undefined
}

/** A stamp that lies ahead was made by a clock that was so: by it a message would wait for as long as that. */
function beganAt({ now, noted }: Situation, [{ time }]: Ringing): number {
  return time <= now ? time : Math.min(noted, now)
}

function deadlineOf({ state, until, isElsewhere }: Lease, time: number, deadlines: Deadlines): number {
  if (state === 'returning') return until
  const graceMs = isElsewhere ? ELSEWHERE_MS : 0
  return time + graceMs + (state === 'foreground' ? deadlines.foregroundMs : deadlines.backgroundMs)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a format costs far more than using it, and there are a few hundred zones. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    formats.set(timeZone, format)
  }
  return format
}

/** Whether quiet hours hold at a moment (ms), on the clock of a device's own zone; without a zone, UTC. */
export function isQuietAt(quietHours: QuietHours, timeZone: string | undefined, now: number): boolean {
  const minute = minutesOf(formatOf(timeZone ?? 'UTC').format(now))
  return minute !== undefined && isQuietMinute(quietHours, minute)
}
