import type { AppState } from '@herald/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decidePresentation, toneOf, type PresentationInput } from '@/services/presentation/decide'
import type { AlertSettings, Surface } from '@/services/presentation/presentation'
import { LOUD, message } from './fixtures'

const NIGHT: AlertSettings = { ...LOUD, quietHours: { enabled: true, from: '22:00', to: '07:00' } }
const at = (hours: number, minutes = 0): Date => new Date(2026, 4, 17, hours, minutes)

const decide = (input: Partial<PresentationInput>): Surface =>
  decidePresentation({
    message: message(1),
    appState: 'background',
    settings: LOUD,
    muted: false,
    alreadyRead: false,
    seen: () => false,
    now: at(12),
    ...input,
  })

describe('where a message is shown', () => {
  it.each<[string, Partial<PresentationInput>, Surface]>([
    ['in the tray when the app is in the background', {}, 'system'],
    ['as a banner in the foreground', { appState: 'foreground' }, 'banner'],
    ['nowhere when it was presented before', { seen: () => true }, 'none'],
    ['nowhere when it is read', { alreadyRead: true }, 'none'],
    ['nowhere once expired', { message: message(1, { expires: at(12).getTime() }) }, 'none'],
    ['as ever just before it expires', { message: message(1, { expires: at(12).getTime() + 1 }) }, 'system'],
    ['in the list only when its feed is muted', { muted: true }, 'silent'],
    [
      'in the list only when muted, at the highest priority too',
      { muted: true, message: message(1, { priority: 5 }) },
      'silent',
    ],
    ['in the list only with notifications off', { settings: { ...LOUD, notifications: false } }, 'silent'],
    [
      'in the list only with notifications off in the foreground',
      { settings: { ...LOUD, notifications: false }, appState: 'foreground' },
      'silent',
    ],
    ['in the list only at priority 1', { message: message(1, { priority: 1 }) }, 'silent'],
    ['in the tray at priority 2', { message: message(1, { priority: 2 }) }, 'system'],
    ['in the list only in quiet hours', { settings: NIGHT, now: at(23) }, 'silent'],
    [
      'in the list only in quiet hours, even in the foreground',
      { settings: NIGHT, now: at(23), appState: 'foreground' },
      'silent',
    ],
    [
      'in the list only in quiet hours at priority 4',
      { settings: NIGHT, now: at(3), message: message(1, { priority: 4 }) },
      'silent',
    ],
    [
      'in the tray in quiet hours at priority 5',
      { settings: NIGHT, now: at(3), message: message(1, { priority: 5 }) },
      'system',
    ],
    ['as ever outside quiet hours', { settings: NIGHT, now: at(12) }, 'system'],
  ])('%s', (_, input, surface) => {
    expect(decide(input)).toBe(surface)
  })

  it('never alerts of a muted feed, a read, seen or expired message, or with notifications off', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const surface = decidePresentation(input)
        const alerts = surface === 'banner' || surface === 'system'
        const {
          message: { id, expires = Infinity, priority },
          settings,
          muted,
          alreadyRead,
          now,
        } = input
        if (muted || alreadyRead || input.seen(id) || expires <= now.getTime()) expect(alerts).toBe(false)
        if (!settings.notifications || priority === 1) expect(alerts).toBe(false)
        if (alerts) expect(surface).toBe(input.appState === 'foreground' ? 'banner' : 'system')
        expect(decidePresentation(input)).toBe(surface)
      }),
    )
  })

  it('shows a message of the highest priority whatever the hour', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const urgent = { ...input, message: { ...input.message, priority: 5 } }
        const anyHour = {
          ...urgent,
          settings: { ...input.settings, quietHours: { enabled: false, from: '', to: '' } },
        }
        expect(decidePresentation(urgent)).toBe(decidePresentation(anyHour))
      }),
    )
  })
})

const time = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`)
const now = fc.date({ min: new Date(2020, 0), max: new Date(2030, 0), noInvalidDate: true })
const anyInput: fc.Arbitrary<PresentationInput> = fc
  .record({
    priority: fc.integer({ min: 1, max: 5 }),
    expires: fc.option(now, { nil: undefined }),
    appState: fc.constantFrom<AppState>('foreground', 'background'),
    notifications: fc.boolean(),
    enabled: fc.boolean(),
    from: time,
    to: time,
    muted: fc.boolean(),
    alreadyRead: fc.boolean(),
    seen: fc.boolean(),
    now,
  })
  .map(({ priority, expires, notifications, enabled, from, to, seen, ...rest }) => ({
    ...rest,
    message: message(1, { priority, expires: expires?.getTime() }),
    settings: { ...LOUD, notifications, quietHours: { enabled, from, to } },
    seen: () => seen,
  }))

describe('how loud an alert is', () => {
  it.each([
    [1, false],
    [2, false],
    [3, true],
    [4, true],
    [5, true],
  ])('at priority %i makes sound: %s', (priority, audible) => {
    expect(toneOf(priority, LOUD)).toEqual({ sound: audible, vibration: audible })
    expect(toneOf(priority, { ...LOUD, sound: false })).toEqual({ sound: false, vibration: audible })
    expect(toneOf(priority, { ...LOUD, vibration: false })).toEqual({ sound: audible, vibration: false })
  })
})
