import { isQuietMinute, type AppState, type Message } from '@herald/protocol'
import { URGENT, type AlertSettings, type AlertTone, type Surface } from './presentation'

/** Everything that the decision looks at. */
export interface PresentationInput {
  readonly message: Message
  readonly appState: AppState
  readonly settings: AlertSettings
  /** The feed is muted. */
  readonly muted: boolean
  /** The user has read it, here or on another device. */
  readonly alreadyRead: boolean
  /** Whether an id was presented on this device before. */
  readonly seen: (id: string) => boolean
  readonly now: Date
}

/**
 * Where a message is shown. The first line that fits decides:
 *
 * | when                                   | then                                                             |
 * | -------------------------------------- | ---------------------------------------------------------------- |
 * | presented before, or read, or expired  | none: it is not news                                             |
 * | feed muted                             | silent, at any priority: a mute is the person's word on the feed |
 * | notifications switched off             | silent                                                           |
 * | priority 1                             | silent: in the list and badge only                               |
 * | quiet hours, priority under 5          | silent; it waits in the list                                     |
 * | app in the foreground                  | banner                                                           |
 * | otherwise                              | system notification                                              |
 *
 * The priorities mean what ntfy's mean to its users (docs.ntfy.sh/publish/#message-priority): 1 is not seen unless
 * looked for, 2 makes no sound, 3 is normal, 4 vibrates longer, 5 is for what must wake somebody. Quiet hours drop
 * the system notification too, as browsers have no quiet tray; breaking them at 5 follows iOS' time-sensitive alerts.
 */
export function decidePresentation(input: PresentationInput): Surface {
  const { message, settings, now } = input
  if (input.seen(message.id) || input.alreadyRead || isExpired(message, now)) return 'none'
  if (input.muted || !settings.notifications || message.priority === 1) return 'silent'
  if (message.priority < URGENT && isQuiet(settings.quietHours, now)) return 'silent'
  return input.appState === 'foreground' ? 'banner' : 'system'
}

/** How loud an alert of this priority is: 2 makes neither sound nor vibration. */
export function toneOf(priority: number, settings: AlertSettings): AlertTone {
  const audible = priority >= 3
  return { sound: audible && settings.sound, vibration: audible && settings.vibration }
}

/** Whether quiet hours are on and hold at a moment, on this device's own clock. */
export function isQuiet(quietHours: AlertSettings['quietHours'], now: Date): boolean {
  return quietHours.enabled && isQuietMinute(quietHours, now.getHours() * 60 + now.getMinutes())
}

function isExpired(message: Message, now: Date): boolean {
  return message.expires !== undefined && message.expires <= now.getTime()
}
