import type { Session } from '@herald/protocol'
import { deviceText, platformText } from '@/locale/devices'
import type { PageLocale } from '@/locale/pages'

/** What a row says of a session. */
export interface SessionLine {
  readonly id: string
  readonly name: string
  /** What kind of device, and when it was there. */
  readonly about: readonly string[]
  readonly current: boolean
  readonly isOpen: boolean
}

type Words = Pick<PageLocale, 't' | 'formatTime' | 'formatDay'>

/** This device's session first, then the others as they came. */
export function sessionLines(
  sessions: readonly Session[],
  ownDevice: string,
  now: number,
  words: Words,
): SessionLine[] {
  const lines = sessions.map((session) => toLine(session, ownDevice, now, words))
  return [...lines.filter(({ current }) => current), ...lines.filter(({ current }) => !current)]
}

function toLine(session: Session, ownDevice: string, now: number, words: Words): SessionLine {
  const { id, kind, label, current, devices } = session
  const shown = devices.find((device) => device.id === ownDevice) ?? devices[0]
  const platform = shown && platformText(shown.platform)
  // A JWT's label says nothing of the device.
  const named = kind === 'token' && label.trim() !== '' ? label : undefined
  const others = devices.length - 1
  return {
    id,
    name: named ?? platform ?? deviceText('devices.unnamed'),
    about: [
      ...(named !== undefined && platform !== undefined ? [platform] : []),
      presence(session, now, words),
      ...(others > 0 ? [deviceText('devices.alsoOn', { count: others })] : []),
      ...(session.created === null
        ? []
        : [deviceText('devices.since', { day: words.formatDay(session.created, now) })]),
    ],
    current,
    isOpen: devices.some(({ state }) => state !== 'away'),
  }
}

function presence({ devices, lastUsed }: Session, now: number, words: Words): string {
  const { t, formatTime, formatDay } = words
  if (devices.some(({ state }) => state === 'foreground')) return deviceText('devices.open')
  if (devices.some(({ state }) => state === 'background')) return deviceText('devices.inBackground')
  if (lastUsed === null) return deviceText('devices.neverUsed')
  const day = formatDay(lastUsed, now)
  // Of today the time is told in relation to now, which needs no day.
  const time = formatTime(lastUsed, now)
  const isToday = day === t('time.today')
  return deviceText('devices.lastUsed', { time: isToday ? time : deviceText('devices.day', { day, time }) })
}
